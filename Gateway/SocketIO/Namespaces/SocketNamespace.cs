using System.Text;

using Gateway.EngineIO;
using Gateway.Primitives;
using Gateway.SocketIO.Protocol;
using Gateway.SocketIO.Rooms;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// One namespace (<c>io.of(name)</c>): its handler, its rooms, and how its packets are written. Owned by the server. Any thread.
/// </summary>
internal sealed class SocketNamespace
{
    private readonly byte[] _prefix;

    internal SocketNamespace(string name, INamespaceHandler handler)
    {
        if (!name.StartsWith('/') || name.Contains(',') || Encoding.UTF8.GetByteCount(name) > SocketPacketCodec.MaxNamespaceBytes)
        {
            throw new ArgumentException("A namespace begins with a slash, has no comma, and is not long.", nameof(name));
        }

        Name = name;
        Handler = new SafeNamespaceHandler(handler, name);
        _prefix = IsMain ? [] : Encoding.UTF8.GetBytes($"{name},");
    }

    public string Name { get; }

    public SafeNamespaceHandler Handler { get; }

    public bool IsMain => Name == SocketPacketCodec.MainNamespace;

    internal RoomIndex Rooms { get; } = new();

    /// <summary>The members of a room, to emit to: <c>io.to(room)</c>. A room exists while a socket is in it.</summary>
    public RoomTarget To(string room) => new(this, room, []);

    internal void RequireMain()
    {
        if (!IsMain)
        {
            throw new InvalidOperationException($"A prepared event is for the main namespace, not for {Name}.");
        }
    }

    internal EngineMessage EncodeConnect(string sid)
    {
        var packet = new ExactBuffer(SocketPacketEncoder.LengthFor(_prefix, sid, 0));
        SocketPacketEncoder.WriteConnect(_prefix, sid, packet);
        return new EngineMessage(packet.Written);
    }

    internal EngineMessage EncodeDisconnect()
    {
        var packet = new ExactBuffer(SocketPacketEncoder.LengthFor(_prefix, "", 0));
        SocketPacketEncoder.WriteDisconnect(_prefix, packet);
        return new EngineMessage(packet.Written);
    }

    /// <summary>A CONNECT_ERROR; also for a namespace that the server does not have.</summary>
    internal static EngineMessage EncodeConnectError(string namespaceName, string message, ReadOnlySpan<byte> data)
    {
        var prefix = namespaceName == SocketPacketCodec.MainNamespace ? [] : Encoding.UTF8.GetBytes($"{namespaceName},");
        var packet = new ExactBuffer(SocketPacketEncoder.LengthFor(prefix, message, data.Length));
        SocketPacketEncoder.WriteConnectError(prefix, message, data, packet);
        return new EngineMessage(packet.Written);
    }

    /// <summary>The event and the attachments that follow it: they are queued together or not at all.</summary>
    internal EngineMessage[] EncodeEvent(
        string eventName, ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments, long? ackId)
    {
        var packet = new ExactBuffer(SocketPacketEncoder.LengthFor(_prefix, eventName, arguments.Length));
        SocketPacketEncoder.WriteEvent(_prefix, eventName, arguments, attachments.Count, ackId, packet);
        return Group(packet, attachments);
    }

    internal EngineMessage[] EncodeAck(long ackId, ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        var packet = new ExactBuffer(SocketPacketEncoder.LengthFor(_prefix, "", arguments.Length));
        SocketPacketEncoder.WriteAck(_prefix, ackId, arguments, attachments.Count, packet);
        return Group(packet, attachments);
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
