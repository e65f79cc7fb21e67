using System.Buffers;
using System.Text;

using Gateway.EngineIO;
using Gateway.Primitives;
using Gateway.SocketIO.Protocol;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// Writes the packets of one namespace as text, with attachments in messages that follow (<see cref="SocketPacketEncoder"/>). Immutable;
/// any thread.
/// </summary>
internal sealed class TextPacketWriter : PacketWriter
{
    private static readonly byte[] s_tail = "]"u8.ToArray();

    private readonly byte[] _prefix;

    public TextPacketWriter(string namespaceName)
        : base(namespaceName) =>
        _prefix = namespaceName == SocketPacketCodec.MainNamespace ? [] : Encoding.UTF8.GetBytes($"{namespaceName},");

    public override EngineMessage Connect(string sid)
    {
        var packet = new ExactBuffer(SocketPacketEncoder.LengthFor(_prefix, sid, 0));
        SocketPacketEncoder.WriteConnect(_prefix, sid, packet);
        return new EngineMessage(packet.Written);
    }

    public override EngineMessage ConnectError(string message, ReadOnlySpan<byte> data)
    {
        var packet = new ExactBuffer(SocketPacketEncoder.LengthFor(_prefix, message, data.Length));
        SocketPacketEncoder.WriteConnectError(_prefix, message, data, packet);
        return new EngineMessage(packet.Written);
    }

    public override EngineMessage Disconnect()
    {
        var packet = new ExactBuffer(SocketPacketEncoder.LengthFor(_prefix, "", 0));
        SocketPacketEncoder.WriteDisconnect(_prefix, packet);
        return new EngineMessage(packet.Written);
    }

    public override EngineMessage[] Event(
        string eventName, ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments, long? ackId)
    {
        var packet = new ExactBuffer(SocketPacketEncoder.LengthFor(_prefix, eventName, arguments.Length));
        SocketPacketEncoder.WriteEvent(_prefix, eventName, arguments, attachments.Count, ackId, packet);
        return Group(packet, attachments);
    }

    public override EngineMessage[] Ack(long ackId, ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        var packet = new ExactBuffer(SocketPacketEncoder.LengthFor(_prefix, "", arguments.Length));
        SocketPacketEncoder.WriteAck(_prefix, ackId, arguments, attachments.Count, packet);
        return Group(packet, attachments);
    }

    public override EngineMessage Prepared(in PreparedEvent prepared) => _prefix.Length == 0 || prepared.Forms is not { } forms
        ? new EngineMessage(prepared.Packet, Deflated: prepared.Forms)
        : forms.Get(prepared.Packet, this);

    public override EngineMessage Rewrite(ReadOnlyMemory<byte> main)
    {
        // 2["name",…] becomes 2/namespace,["name",…]
        var packet = GC.AllocateUninitializedArray<byte>(main.Length + _prefix.Length);
        packet[0] = main.Span[0];
        _prefix.CopyTo(packet, 1);
        main.Span[1..].CopyTo(packet.AsSpan(1 + _prefix.Length));
        return new EngineMessage(packet, Deflated: new DeflateOnce());
    }

    public override EventFrame FrameOf(string eventName)
    {
        var head = new ExactBuffer(_prefix.Length + "2[,"u8.Length + JsonText.GetLength(eventName));
        head.Write("2"u8);
        head.Write(_prefix);
        head.Write("["u8);
        JsonText.Write(eventName, head);
        head.Write(","u8);
        return new EventFrame(head.Written, s_tail);
    }

    private static EngineMessage[] Group(ExactBuffer packet, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        var messages = new EngineMessage[1 + attachments.Count];
        messages[0] = new EngineMessage(packet.Written);
        for (var i = 0; i < attachments.Count; i++)
        {
            messages[i + 1] = new EngineMessage(attachments[i], IsBinary: true);
        }

        return messages;
    }
}
