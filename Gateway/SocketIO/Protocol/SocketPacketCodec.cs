using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Gateway.SocketIO.Protocol;

/// <summary>
/// Reads Socket.IO 5 packets, <c>type[attachments-][namespace,][ack id][JSON]</c>. Pure: no I/O, no clock, no logging; never throws.
/// </summary>
internal static class SocketPacketCodec
{
    public const string MainNamespace = "/";
    public const int MaxNamespaceBytes = 256;

    // Clients count in JavaScript numbers: 2^53 has 16 digits.
    private const int MaxAckIdDigits = 16;

    /// <summary>
    /// One text message, which Engine.IO has found to be UTF-8. Nothing is copied but the names: <paramref name="packet"/> points into
    /// <paramref name="text"/>.
    /// </summary>
    public static SocketDecodeStatus TryDecode(ReadOnlyMemory<byte> text, int maxAttachments, out SocketPacket packet)
    {
        packet = default;
        var bytes = text.Span;
        if (bytes.IsEmpty)
        {
            return SocketDecodeStatus.Empty;
        }

        var type = (SocketPacketType)(bytes[0] - '0');
        if (type > SocketPacketType.BinaryAck)
        {
            return SocketDecodeStatus.UnknownType;
        }

        var position = 1;
        var attachments = 0;
        if (type is SocketPacketType.BinaryEvent or SocketPacketType.BinaryAck)
        {
            var status = ReadAttachmentCount(bytes, maxAttachments, ref position, out attachments);
            if (status != SocketDecodeStatus.Ok)
            {
                return status;
            }
        }

        if (!TryReadNamespace(bytes, ref position, out var name))
        {
            return SocketDecodeStatus.NamespaceTooLong;
        }

        if (!TryReadAckId(bytes, type, ref position, out var ackId))
        {
            return SocketDecodeStatus.BadAckId;
        }

        var header = new SocketPacket
        {
            Type = type,
            Namespace = name,
            AckId = ackId,
            AttachmentCount = attachments,
            EventName = "",
            Payload = text[position..],
        };
        return ReadPayload(header, out packet);
    }

    // <digits>- ; at least one: a binary packet that nothing follows would otherwise wait for ever (CVE-2026-69185).
    private static SocketDecodeStatus ReadAttachmentCount(ReadOnlySpan<byte> bytes, int maximum, ref int position, out int count)
    {
        var rest = bytes[position..];
        if (!Utf8Parser.TryParse(rest, out uint number, out var digits) || digits == rest.Length || rest[digits] != '-' || number == 0
            || !char.IsAsciiDigit((char)rest[0]))
        {
            count = 0;
            return SocketDecodeStatus.BadAttachmentCount;
        }

        position += digits + 1;
        count = number <= maximum ? (int)number : 0;
        return count > 0 ? SocketDecodeStatus.Ok : SocketDecodeStatus.TooManyAttachments;
    }

    // [/name,] ; without a comma it runs to the end of the packet.
    private static bool TryReadNamespace(ReadOnlySpan<byte> bytes, ref int position, out string name)
    {
        name = MainNamespace;
        var rest = bytes[position..];
        if (rest.IsEmpty || rest[0] != '/')
        {
            return true;
        }

        var comma = rest.IndexOf((byte)',');
        var length = comma < 0 ? rest.Length : comma;
        if (length > MaxNamespaceBytes)
        {
            return false;
        }

        position += comma < 0 ? length : length + 1;
        name = length == 1 ? MainNamespace : Encoding.UTF8.GetString(rest[..length]);
        return true;
    }

    // [digits] ; for events, and required for acknowledgements.
    private static bool TryReadAckId(ReadOnlySpan<byte> bytes, SocketPacketType type, ref int position, out long? ackId)
    {
        ackId = null;
        var rest = bytes[position..];
        var digits = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        digits = digits < 0 ? rest.Length : digits;
        if (digits == 0)
        {
            return type is not (SocketPacketType.Ack or SocketPacketType.BinaryAck);
        }

        if (digits > MaxAckIdDigits || type is SocketPacketType.Connect or SocketPacketType.Disconnect or SocketPacketType.ConnectError
            || !Utf8Parser.TryParse(rest[..digits], out long number, out _))
        {
            return false;
        }

        position += digits;
        ackId = number;
        return true;
    }

    private static SocketDecodeStatus ReadPayload(in SocketPacket header, out SocketPacket packet)
    {
        packet = header;
        var json = header.Payload.Span;
        switch (header.Type)
        {
            case SocketPacketType.Connect:
                return json.IsEmpty ? SocketDecodeStatus.Ok : SocketPayloadReader.ReadValue(json, 0, JsonTokenType.StartObject);

            case SocketPacketType.Disconnect:
                return json.IsEmpty ? SocketDecodeStatus.Ok : SocketDecodeStatus.BadPayload;

            case SocketPacketType.ConnectError:
                return SocketPayloadReader.ReadValue(json, 0, JsonTokenType.StartObject, orElse: JsonTokenType.String);

            case SocketPacketType.Ack:
            case SocketPacketType.BinaryAck:
                return SocketPayloadReader.ReadValue(json, header.AttachmentCount, JsonTokenType.StartArray);

            default:
                var status = SocketPayloadReader.ReadEvent(json, header.AttachmentCount, out var name, out var arguments);
                packet = header with { EventName = name, Payload = header.Payload[arguments] };
                return status;
        }
    }
}
