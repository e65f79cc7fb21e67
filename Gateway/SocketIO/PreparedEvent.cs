namespace Gateway.SocketIO;

/// <summary>
/// An event that is encoded once for all its receivers. Immutable. <see cref="PreparedEvents"/> makes one in the main form
/// (<c>2["name",…]</c>) for any number of sockets, whatever their namespace and encoding; <see cref="PreparedEventBatch"/> makes many in
/// the form of the one socket that they are for.
/// </summary>
/// <param name="Packet">Its bytes.</param>
/// <param name="Forms">What its sockets share; null for one that goes to one socket.</param>
internal readonly record struct PreparedEvent(ReadOnlyMemory<byte> Packet, PreparedForms? Forms = null);
