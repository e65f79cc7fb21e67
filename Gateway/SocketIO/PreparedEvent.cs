using Gateway.EngineIO;

namespace Gateway.SocketIO;

/// <summary>
/// An EVENT packet of the main namespace, encoded once (<c>2["name",…]</c>) to be sent to any number of its sockets. Immutable; made by
/// <see cref="PreparedEvents"/> and <see cref="PreparedEventBatch"/>. A socket of another namespace refuses it with an exception.
/// </summary>
/// <param name="Packet">Its bytes.</param>
/// <param name="Deflated">What its sockets share when their clients take compressed frames; null for one that goes to one socket.</param>
internal readonly record struct PreparedEvent(ReadOnlyMemory<byte> Packet, DeflateOnce? Deflated = null)
{
    public EngineMessage ToMessage() => new(Packet, Deflated: Deflated);
}
