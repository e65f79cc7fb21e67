using Gateway.EngineIO;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// How the server's packets of one namespace are written, in one of the encodings that clients speak. Immutable; any thread.
/// </summary>
internal abstract class PacketWriter(string namespaceName)
{
    public string NamespaceName => namespaceName;

    /// <summary>For one namespace, which the server need not have.</summary>
    public static PacketWriter Create(PacketEncoding encoding, string namespaceName) =>
        encoding == PacketEncoding.MessagePack ? new BinaryPacketWriter(namespaceName) : new TextPacketWriter(namespaceName);

    public abstract EngineMessage Connect(string sid);

    /// <param name="data">A JSON value in UTF-8; empty for none.</param>
    public abstract EngineMessage ConnectError(string message, ReadOnlySpan<byte> data);

    public abstract EngineMessage Disconnect();

    /// <summary>The messages of one event, which are queued together or not at all.</summary>
    /// <param name="arguments">A JSON array in UTF-8 with placeholders for the attachments.</param>
    public abstract EngineMessage[] Event(
        string eventName, ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments, long? ackId);

    /// <summary>As <see cref="Event"/>, of an acknowledgement.</summary>
    public abstract EngineMessage[] Ack(long ackId, ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments);

    /// <summary>
    /// The message of a prepared event. One without forms was made for its receiver (<see cref="SocketConnection.CreateBatch"/>), and is
    /// sent as it is.
    /// </summary>
    public abstract EngineMessage Prepared(in PreparedEvent prepared);

    /// <summary>The form of this writer of an event that is encoded for the main namespace, as text.</summary>
    public abstract EngineMessage Rewrite(ReadOnlyMemory<byte> main);

    /// <summary>What stands around the argument of this writer's events of that name.</summary>
    public abstract EventFrame FrameOf(string eventName);

    /// <summary>Writes the same bytes.</summary>
    public bool WritesAs(PacketWriter other) => GetType() == other.GetType() && NamespaceName == other.NamespaceName;
}
