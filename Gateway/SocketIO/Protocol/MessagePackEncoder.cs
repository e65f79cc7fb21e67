using System.Buffers;

using MessagePack;

namespace Gateway.SocketIO.Protocol;

/// <summary>
/// Writes Socket.IO 5 packets as <c>socket.io-msgpack-parser</c> reads them: one map <c>{type, nsp[, id][, data]}</c>, attachments within
/// the data. Pure.
/// </summary>
internal static class MessagePackEncoder
{
    /// <summary><c>{type: 0, nsp, data: {sid}}</c></summary>
    public static void WriteConnect(ReadOnlySpan<byte> name, string sid, IBufferWriter<byte> output)
    {
        var writer = Begin(SocketPacketType.Connect, name, null, hasData: true, output);
        writer.WriteMapHeader(1);
        writer.WriteString("sid"u8);
        writer.Write(sid);
        writer.Flush();
    }

    /// <summary><c>{type: 4, nsp, data: {message[, data]}}</c></summary>
    public static void WriteConnectError(ReadOnlySpan<byte> name, string message, ReadOnlyMemory<byte> data, IBufferWriter<byte> output)
    {
        var writer = Begin(SocketPacketType.ConnectError, name, null, hasData: true, output);
        writer.WriteMapHeader(data.IsEmpty ? 1 : 2);
        writer.WriteString("message"u8);
        writer.Write(message);
        if (!data.IsEmpty)
        {
            writer.WriteString("data"u8);
            JsonToMessagePack.Write(data, [], ref writer);
        }

        writer.Flush();
    }

    /// <summary><c>{type: 1, nsp}</c></summary>
    public static void WriteDisconnect(ReadOnlySpan<byte> name, IBufferWriter<byte> output) =>
        Begin(SocketPacketType.Disconnect, name, null, hasData: false, output).Flush();

    /// <summary>An event or acknowledgement, <c>{type, nsp[, id], data: […]}</c>.</summary>
    /// <param name="data">A JSON array: for an event its name and its arguments.</param>
    public static void Write(
        SocketPacketType type,
        ReadOnlySpan<byte> name,
        long? ackId,
        ReadOnlyMemory<byte> data,
        IReadOnlyList<ReadOnlyMemory<byte>> attachments,
        IBufferWriter<byte> output)
    {
        var writer = Begin(type, name, ackId, hasData: true, output);
        JsonToMessagePack.Write(data, attachments, ref writer);
        writer.Flush();
    }

    /// <summary>An event up to its only argument, <c>{type: 2, nsp, data: [name,</c>: one value more makes it whole.</summary>
    public static void WriteEventHead(ReadOnlySpan<byte> name, string eventName, IBufferWriter<byte> output)
    {
        var writer = Begin(SocketPacketType.Event, name, null, hasData: true, output);
        writer.WriteArrayHeader(2);
        writer.Write(eventName);
        writer.Flush();
    }

    /// <summary>One value.</summary>
    public static void WriteValue(ReadOnlyMemory<byte> json, IBufferWriter<byte> output)
    {
        var writer = new MessagePackWriter(output);
        JsonToMessagePack.Write(json, [], ref writer);
        writer.Flush();
    }

    private static MessagePackWriter Begin(
        SocketPacketType type, ReadOnlySpan<byte> name, long? ackId, bool hasData, IBufferWriter<byte> output)
    {
        var writer = new MessagePackWriter(output);
        writer.WriteMapHeader(2 + (ackId is null ? 0 : 1) + (hasData ? 1 : 0));
        writer.WriteString("type"u8);
        writer.Write((int)type);
        writer.WriteString("nsp"u8);
        writer.WriteString(name);
        if (ackId is { } id)
        {
            writer.WriteString("id"u8);
            writer.Write(id);
        }

        if (hasData)
        {
            writer.WriteString("data"u8);
        }

        return writer;
    }
}
