using System.Buffers;
using System.Text;

using Gateway.EngineIO;
using Gateway.Primitives;
using Gateway.SocketIO.Protocol;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// Writes the packets of one namespace as MessagePack, each one binary message (<see cref="MessagePackEncoder"/>). Immutable; any thread.
/// </summary>
internal sealed class BinaryPacketWriter(string namespaceName) : PacketWriter(namespaceName)
{
    private readonly byte[] _name = Encoding.UTF8.GetBytes(namespaceName);

    public override EngineMessage Connect(string sid)
    {
        var output = new ArrayBufferWriter<byte>();
        MessagePackEncoder.WriteConnect(_name, sid, output);
        return new EngineMessage(output.WrittenMemory, IsBinary: true);
    }

    public override EngineMessage ConnectError(string message, ReadOnlySpan<byte> data)
    {
        var output = new ArrayBufferWriter<byte>();
        MessagePackEncoder.WriteConnectError(_name, message, data.ToArray(), output);
        return new EngineMessage(output.WrittenMemory, IsBinary: true);
    }

    public override EngineMessage Disconnect()
    {
        var output = new ArrayBufferWriter<byte>();
        MessagePackEncoder.WriteDisconnect(_name, output);
        return new EngineMessage(output.WrittenMemory, IsBinary: true);
    }

    public override EngineMessage[] Event(
        string eventName, ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments, long? ackId)
    {
        // The text packet without its type is the data as JSON.
        var text = new ExactBuffer(SocketPacketEncoder.LengthFor([], eventName, arguments.Length));
        SocketPacketEncoder.WriteEvent([], eventName, arguments, attachments: 0, ackId: null, text);
        return [Encode(SocketPacketType.Event, ackId, text.Written[1..], attachments)];
    }

    public override EngineMessage[] Ack(long ackId, ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        [Encode(SocketPacketType.Ack, ackId, arguments.ToArray(), attachments)];

    public override EngineMessage Prepared(in PreparedEvent prepared) =>
        prepared.Forms?.Get(prepared.Packet, this) ?? new EngineMessage(prepared.Packet, IsBinary: true);

    public override EngineMessage Rewrite(ReadOnlyMemory<byte> main) =>
        Encode(SocketPacketType.Event, ackId: null, main[1..], []) with { Deflated = new DeflateOnce() };

    public override EventFrame FrameOf(string eventName)
    {
        var head = new ArrayBufferWriter<byte>();
        MessagePackEncoder.WriteEventHead(_name, eventName, head);
        return new EventFrame(head.WrittenMemory, default, IsMessagePack: true);
    }

    private EngineMessage Encode(
        SocketPacketType type, long? ackId, ReadOnlyMemory<byte> data, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        var output = new ArrayBufferWriter<byte>(data.Length + 64);
        MessagePackEncoder.Write(type, _name, ackId, data, attachments, output);
        return new EngineMessage(output.WrittenMemory, IsBinary: true);
    }
}
