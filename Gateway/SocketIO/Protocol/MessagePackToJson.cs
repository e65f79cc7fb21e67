using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

using MessagePack;

namespace Gateway.SocketIO.Protocol;

/// <summary>
/// Takes a client's MessagePack values apart: writes them as the JSON that Socket.IO's text protocol would carry, attachments beside it, or
/// skips them. What is not sound ends it with a status; the reader's own exceptions for bytes that are missing or of another kind are its
/// caller's to catch. Lives on the stack; nothing is nested deeper than <see cref="SocketPayloadReader.MaxDepth"/>, whatever the bytes say.
/// </summary>
internal ref struct MessagePackToJson(int maxAttachments, int maxBytes)
{
    // What notepack.io, the parser's library, writes for JavaScript's values that MessagePack does not have, all of type 0: one byte is
    // undefined, eight are a date; an ArrayBuffer comes with its length, whatever that is.
    private const sbyte JavaScriptType = 0;
    private const int DateLength = 8;

    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private List<ReadOnlyMemory<byte>>? _attachments;
    private long _bytes;

    /// <summary>In memory of their own.</summary>
    public readonly IReadOnlyList<ReadOnlyMemory<byte>> Attachments => _attachments ?? (IReadOnlyList<ReadOnlyMemory<byte>>)[];

    /// <summary>Skips one value.</summary>
    public SocketDecodeStatus Skip(ref MessagePackReader reader) => Copy(ref reader, null, 1);

    /// <summary>One value as JSON; nothing for JavaScript's undefined.</summary>
    public SocketDecodeStatus Read(ref MessagePackReader reader, out ReadOnlyMemory<byte> json)
    {
        json = default;
        if (TryReadUndefined(ref reader))
        {
            return SocketDecodeStatus.Ok;
        }

        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer, s_options);
        var status = Copy(ref reader, writer, 1);
        writer.Flush();
        json = buffer.WrittenMemory;
        return status;
    }

    /// <summary>True, and it is behind the reader, when the next value is undefined.</summary>
    public static bool TryReadUndefined(ref MessagePackReader reader)
    {
        var peek = reader.CreatePeekReader();
        if (reader.NextCode != MessagePackCode.FixExt1 || peek.ReadExtensionFormat().Header.TypeCode != JavaScriptType)
        {
            return false;
        }

        reader.ReadExtensionFormat();
        return true;
    }

    private SocketDecodeStatus Copy(ref MessagePackReader reader, Utf8JsonWriter? writer, int depth)
    {
        if (depth > SocketPayloadReader.MaxDepth)
        {
            return SocketDecodeStatus.BadPayload;
        }

        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Array:
                return CopyArray(ref reader, writer, depth);
            case MessagePackType.Map:
                return CopyMap(ref reader, writer, depth);
            case MessagePackType.String:
                return CopyText(ref reader, writer);
            case MessagePackType.Binary:
                return AddAttachment(reader.ReadBytes() ?? default, writer);
            case MessagePackType.Extension:
                return CopyExtension(ref reader, writer);
            case MessagePackType.Integer:
                return CopyInteger(ref reader, writer);
            case MessagePackType.Float:
                return CopyReal(reader.ReadDouble(), writer);
            case MessagePackType.Boolean:
                var value = reader.ReadBoolean();
                writer?.WriteBooleanValue(value);
                return StatusOf(writer);
            case MessagePackType.Nil:
                reader.ReadNil();
                writer?.WriteNullValue();
                return StatusOf(writer);
            default:
                return SocketDecodeStatus.BadPayload;
        }
    }

    private SocketDecodeStatus CopyArray(ref MessagePackReader reader, Utf8JsonWriter? writer, int depth)
    {
        var count = reader.ReadArrayHeader();
        writer?.WriteStartArray();
        var status = StatusOf(writer);
        for (var i = 0; i < count && status == SocketDecodeStatus.Ok; i++)
        {
            status = Copy(ref reader, writer, depth + 1);
        }

        writer?.WriteEndArray();
        return status;
    }

    private SocketDecodeStatus CopyMap(ref MessagePackReader reader, Utf8JsonWriter? writer, int depth)
    {
        var count = reader.ReadMapHeader();
        writer?.WriteStartObject();
        var status = StatusOf(writer);
        for (var i = 0; i < count && status == SocketDecodeStatus.Ok; i++)
        {
            if (!reader.TryReadStringSpan(out var key) || !Utf8.IsValid(key))
            {
                return SocketDecodeStatus.BadPayload;
            }

            writer?.WritePropertyName(key);
            status = Copy(ref reader, writer, depth + 1);
        }

        writer?.WriteEndObject();
        return status;
    }

    private readonly SocketDecodeStatus CopyInteger(ref MessagePackReader reader, Utf8JsonWriter? writer)
    {
        if (reader.NextCode == MessagePackCode.UInt64)
        {
            var large = reader.ReadUInt64();
            writer?.WriteNumberValue(large);
        }
        else
        {
            var number = reader.ReadInt64();
            writer?.WriteNumberValue(number);
        }

        return StatusOf(writer);
    }

    // As JSON.stringify: what JSON has no number for is null.
    private readonly SocketDecodeStatus CopyReal(double real, Utf8JsonWriter? writer)
    {
        if (double.IsFinite(real))
        {
            writer?.WriteNumberValue(real);
        }
        else
        {
            writer?.WriteNullValue();
        }

        return StatusOf(writer);
    }

    private SocketDecodeStatus CopyExtension(ref MessagePackReader reader, Utf8JsonWriter? writer)
    {
        var code = reader.NextCode;
        var extension = reader.ReadExtensionFormat();
        switch (code)
        {
            case var _ when extension.TypeCode != JavaScriptType:
                return SocketDecodeStatus.BadPayload;
            case MessagePackCode.FixExt1:
                writer?.WriteNullValue();
                return StatusOf(writer);
            case MessagePackCode.FixExt8:
                return CopyDate(extension.Data, writer);
            case MessagePackCode.Ext8 or MessagePackCode.Ext16 or MessagePackCode.Ext32:
                return AddAttachment(extension.Data, writer);
            default:
                return SocketDecodeStatus.BadPayload;
        }
    }

    // Milliseconds since 1970, as JSON.stringify writes a date.
    private readonly SocketDecodeStatus CopyDate(ReadOnlySequence<byte> data, Utf8JsonWriter? writer)
    {
        Span<byte> bytes = stackalloc byte[DateLength];
        data.CopyTo(bytes);
        var milliseconds = System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (milliseconds < DateTimeOffset.MinValue.ToUnixTimeMilliseconds()
            || milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
        {
            return SocketDecodeStatus.BadPayload;
        }

        writer?.WriteStringValue(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            .ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        return StatusOf(writer);
    }

    private SocketDecodeStatus AddAttachment(ReadOnlySequence<byte> data, Utf8JsonWriter? writer)
    {
        if (writer is null)
        {
            return SocketDecodeStatus.Ok;
        }

        _attachments ??= [];
        _bytes += data.Length;
        if (_attachments.Count == maxAttachments)
        {
            return SocketDecodeStatus.TooManyAttachments;
        }

        if (_bytes > maxBytes)
        {
            return SocketDecodeStatus.TooLarge;
        }

        writer.WriteStartObject();
        writer.WriteBoolean("_placeholder"u8, true);
        writer.WriteNumber("num"u8, _attachments.Count);
        writer.WriteEndObject();
        _attachments.Add(data.ToArray());
        return StatusOf(writer);
    }

    // The bytes of one message are one piece of memory, so a text is a span.
    private readonly SocketDecodeStatus CopyText(ref MessagePackReader reader, Utf8JsonWriter? writer)
    {
        if (!reader.TryReadStringSpan(out var text) || !Utf8.IsValid(text))
        {
            return SocketDecodeStatus.BadPayload;
        }

        writer?.WriteStringValue(text);
        return StatusOf(writer);
    }

    // Few bytes of MessagePack can be many of JSON.
    private readonly SocketDecodeStatus StatusOf(Utf8JsonWriter? writer) =>
        writer is not null && writer.BytesCommitted + writer.BytesPending + _bytes > maxBytes
            ? SocketDecodeStatus.TooLarge
            : SocketDecodeStatus.Ok;
}
