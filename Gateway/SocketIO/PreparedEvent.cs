namespace Gateway.SocketIO;

/// <summary>
/// An event of the main namespace, encoded once (<c>2["name",…]</c>) to be sent to any number of sockets. Immutable; made by
/// <see cref="PreparedEvents"/>.
/// </summary>
internal readonly record struct PreparedEvent(ReadOnlyMemory<byte> Packet);
