using System.Buffers;
using System.Buffers.Text;

namespace Gateway.SocketIO.Protocol;

/// <summary>
/// Writes Socket.IO 5 packets, <c>type[attachments-][namespace,][ack id][JSON]</c>. Pure. A namespace is given as its prefix on
/// the wire: empty for the main one, else <c>/name,</c>.
/// </summary>
internal static class SocketPacketEncoder
{
    /// <summary>More than any header takes beside the namespace: the type, ten digits and a dash, nineteen digits.</summary>
    private const int MaxHeader = 1 + 11 + 19;

    /// <summary><c>0[/nsp,]{"sid":"…"}</c></summary>
    public static void WriteConnect(ReadOnlySpan<byte> prefix, string sid, IBufferWriter<byte> output)
    {
        WriteHeader(SocketPacketType.Connect, 0, prefix, null, output);
        output.Write("{\"sid\":"u8);
        JsonText.Write(sid, output);
        output.Write("}"u8);
    }

    /// <summary><c>4[/nsp,]{"message":"…"[,"data":…]}</c></summary>
    public static void WriteConnectError(ReadOnlySpan<byte> prefix, string message, ReadOnlySpan<byte> data, IBufferWriter<byte> output)
    {
        WriteHeader(SocketPacketType.ConnectError, 0, prefix, null, output);
        output.Write("{\"message\":"u8);
        JsonText.Write(message, output);
        if (!data.IsEmpty)
        {
            output.Write(",\"data\":"u8);
            output.Write(data);
        }

        output.Write("}"u8);
    }

    /// <summary><c>1[/nsp,]</c></summary>
    public static void WriteDisconnect(ReadOnlySpan<byte> prefix, IBufferWriter<byte> output) =>
        WriteHeader(SocketPacketType.Disconnect, 0, prefix, null, output);

    /// <summary><c>2[/nsp,][id]["name",…]</c>, or <c>5n-…</c> with attachments.</summary>
    /// <param name="arguments">A JSON array.</param>
    public static void WriteEvent(
        ReadOnlySpan<byte> prefix, string name, ReadOnlySpan<byte> arguments, int attachments, long? ackId, IBufferWriter<byte> output)
    {
        var elements = ElementsOf(arguments);
        WriteHeader(attachments == 0 ? SocketPacketType.Event : SocketPacketType.BinaryEvent, attachments, prefix, ackId, output);
        output.Write("["u8);
        JsonText.Write(name, output);
        output.Write(elements.IsEmpty ? ""u8 : ","u8);
        output.Write(elements);
        output.Write("]"u8);
    }

    /// <summary><c>3[/nsp,]id[…]</c>, or <c>6n-…</c> with attachments.</summary>
    /// <param name="arguments">A JSON array.</param>
    public static void WriteAck(
        ReadOnlySpan<byte> prefix, long ackId, ReadOnlySpan<byte> arguments, int attachments, IBufferWriter<byte> output)
    {
        var elements = ElementsOf(arguments);
        WriteHeader(attachments == 0 ? SocketPacketType.Ack : SocketPacketType.BinaryAck, attachments, prefix, ackId, output);
        output.Write("["u8);
        output.Write(elements);
        output.Write("]"u8);
    }

    /// <summary>A length that holds any packet with these parts.</summary>
    public static int LengthFor(ReadOnlySpan<byte> prefix, string text, int payload) =>
        MaxHeader + prefix.Length + JsonText.GetLength(text) + payload + ",\"message\":,\"data\":{}"u8.Length;

    private static void WriteHeader(
        SocketPacketType type, int attachments, ReadOnlySpan<byte> prefix, long? ackId, IBufferWriter<byte> output)
    {
        var span = output.GetSpan(MaxHeader);
        span[0] = (byte)('0' + (int)type);
        var written = 1;
        if (attachments > 0)
        {
            Utf8Formatter.TryFormat(attachments, span[written..], out var digits);
            written += digits;
            span[written++] = (byte)'-';
        }

        output.Advance(written);
        output.Write(prefix);
        if (ackId is { } id)
        {
            Utf8Formatter.TryFormat(id, output.GetSpan(20), out var digits);
            output.Advance(digits);
        }
    }

    // What stands between the brackets.
    private static ReadOnlySpan<byte> ElementsOf(ReadOnlySpan<byte> array)
    {
        var trimmed = array.Trim(" \t\r\n"u8);
        return trimmed is [(byte)'[', .. var elements, (byte)']']
            ? elements.Trim(" \t\r\n"u8)
            : throw new ArgumentException("Arguments must be a JSON array.", nameof(array));
    }
}
