using System.Text;
using System.Text.Json;

using MessagePack;

namespace Gateway.SocketIO.Protocol;

/// <summary>
/// Reads Socket.IO 5 packets as <c>socket.io-msgpack-parser</c> writes them: one map
/// <c>{type, nsp, data, id}</c> for each binary message, attachments within it. What is given is what the text protocol would carry, its
/// data as JSON. Pure: no I/O, no clock, no logging; never throws.
/// </summary>
internal static class MessagePackCodec
{
    // Clients count in JavaScript numbers.
    private const long MaxAckId = 1L << 53;

    /// <summary>One binary message. Nothing of the result points into <paramref name="message"/>.</summary>
    /// <param name="maxBytes">Of the packet's JSON and attachments together.</param>
    public static SocketDecodeStatus TryDecode(
        ReadOnlyMemory<byte> message,
        int maxAttachments,
        int maxBytes,
        out SocketPacket packet,
        out IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        packet = default;
        attachments = [];
        if (message.IsEmpty)
        {
            return SocketDecodeStatus.Empty;
        }

        try
        {
            var content = new MessagePackToJson(maxAttachments, maxBytes);
            var reader = new MessagePackReader(message);
            var status = ReadMap(ref reader, ref content, out var fields);
            attachments = content.Attachments;
            return status != SocketDecodeStatus.Ok ? status
                : !reader.End ? SocketDecodeStatus.BadPayload
                : Check(fields, attachments.Count, out packet);
        }
        catch (Exception exception) when (exception
            is EndOfStreamException or MessagePackSerializationException or OverflowException or ArgumentOutOfRangeException)
        {
            // Lengths beyond the end or beyond 2^31, and kinds that do not fit.
            return SocketDecodeStatus.BadPayload;
        }
    }

    private static SocketDecodeStatus ReadMap(ref MessagePackReader reader, ref MessagePackToJson content, out Fields fields)
    {
        fields = default;
        if (reader.NextMessagePackType != MessagePackType.Map)
        {
            return SocketDecodeStatus.BadPayload;
        }

        var count = reader.ReadMapHeader();
        var status = SocketDecodeStatus.Ok;
        for (var i = 0; i < count && status == SocketDecodeStatus.Ok; i++)
        {
            if (reader.NextMessagePackType != MessagePackType.String || !reader.TryReadStringSpan(out var key))
            {
                return SocketDecodeStatus.BadPayload;
            }

            // Given twice, the last would count for some and the first for others.
            status = key.SequenceEqual("type"u8) && fields.Type is null ? ReadType(ref reader, ref fields)
                : key.SequenceEqual("nsp"u8) && fields.Namespace is null ? ReadNamespace(ref reader, ref fields)
                : key.SequenceEqual("id"u8) && fields.AckId is null ? ReadAckId(ref reader, ref fields)
                : key.SequenceEqual("data"u8) && fields.Data.IsEmpty ? content.Read(ref reader, out fields.Data)
                : key.SequenceEqual("type"u8) || key.SequenceEqual("nsp"u8) || key.SequenceEqual("id"u8) || key.SequenceEqual("data"u8)
                ? SocketDecodeStatus.BadPayload
                : content.Skip(ref reader);
        }

        return status;
    }

    private static SocketDecodeStatus ReadType(ref MessagePackReader reader, ref Fields fields)
    {
        if (reader.NextMessagePackType != MessagePackType.Integer)
        {
            return SocketDecodeStatus.UnknownType;
        }

        var type = reader.ReadInt64();
        fields.Type = type is >= 0 and <= (int)SocketPacketType.ConnectError ? (SocketPacketType)type : null;
        return fields.Type is null ? SocketDecodeStatus.UnknownType : SocketDecodeStatus.Ok;
    }

    private static SocketDecodeStatus ReadNamespace(ref MessagePackReader reader, ref Fields fields)
    {
        if (reader.NextMessagePackType != MessagePackType.String || !reader.TryReadStringSpan(out var name))
        {
            return SocketDecodeStatus.BadPayload;
        }

        if (name.Length > SocketPacketCodec.MaxNamespaceBytes)
        {
            return SocketDecodeStatus.NamespaceTooLong;
        }

        // What the text protocol could not carry is no name.
        if (name.IsEmpty || name[0] != '/' || name.Contains((byte)',') || !System.Text.Unicode.Utf8.IsValid(name))
        {
            return SocketDecodeStatus.BadPayload;
        }

        fields.Namespace = name.Length == 1 ? SocketPacketCodec.MainNamespace : Encoding.UTF8.GetString(name);
        return SocketDecodeStatus.Ok;
    }

    private static SocketDecodeStatus ReadAckId(ref MessagePackReader reader, ref Fields fields)
    {
        if (MessagePackToJson.TryReadUndefined(ref reader) || reader.TryReadNil())
        {
            return SocketDecodeStatus.Ok;
        }

        if (reader.NextMessagePackType != MessagePackType.Integer)
        {
            return SocketDecodeStatus.BadAckId;
        }

        var id = reader.NextCode == MessagePackCode.UInt64 ? (long)Math.Min(reader.ReadUInt64(), long.MaxValue) : reader.ReadInt64();
        fields.AckId = id;
        return id is >= 0 and <= MaxAckId ? SocketDecodeStatus.Ok : SocketDecodeStatus.BadAckId;
    }

    // As the text protocol, whose types with attachments are the others here.
    private static SocketDecodeStatus Check(in Fields fields, int attachments, out SocketPacket packet)
    {
        packet = default;
        if (fields is not { Type: { } type, Namespace: { } name })
        {
            return SocketDecodeStatus.BadPayload;
        }

        var needsId = type == SocketPacketType.Ack;
        if (fields.AckId is null ? needsId : type is not (SocketPacketType.Ack or SocketPacketType.Event))
        {
            return SocketDecodeStatus.BadAckId;
        }

        packet = new SocketPacket
        {
            Type = type,
            Namespace = name,
            AckId = fields.AckId,
            AttachmentCount = attachments,
            EventName = "",
            Payload = fields.Data,
        };
        var json = fields.Data.Span;
        switch (type)
        {
            case SocketPacketType.Connect:
                packet = packet with { Payload = json.SequenceEqual("null"u8) ? default : fields.Data };
                return attachments > 0 ? SocketDecodeStatus.BadPayload
                    : packet.Payload.IsEmpty ? SocketDecodeStatus.Ok
                    : SocketPayloadReader.ReadValue(json, 0, JsonTokenType.StartObject);

            case SocketPacketType.Disconnect:
                return json.IsEmpty || json.SequenceEqual("null"u8) ? SocketDecodeStatus.Ok : SocketDecodeStatus.BadPayload;

            case SocketPacketType.ConnectError:
                return SocketPayloadReader.ReadValue(json, attachments, JsonTokenType.StartObject, orElse: JsonTokenType.String);

            case SocketPacketType.Ack:
                return SocketPayloadReader.ReadValue(json, attachments, JsonTokenType.StartArray);

            default:
                var status = SocketPayloadReader.ReadEvent(json, attachments, out var eventName, out var arguments);
                packet = packet with { EventName = eventName, Payload = fields.Data[arguments] };
                return status;
        }
    }

    /// <summary>What the map has said so far.</summary>
    private struct Fields
    {
        public SocketPacketType? Type;
        public string? Namespace;
        public long? AckId;
        public ReadOnlyMemory<byte> Data;
    }
}
