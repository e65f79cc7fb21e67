namespace Gateway.SocketIO;

/// <summary>
/// An EVENT packet of the main namespace, encoded once (<c>2["name",…]</c>) to be sent to any number of its sockets. Immutable; made by
/// <see cref="PreparedEvents"/> and <see cref="PreparedEventBatch"/>. A socket of another namespace refuses it with an exception.
/// </summary>
internal readonly record struct PreparedEvent(ReadOnlyMemory<byte> Packet);
