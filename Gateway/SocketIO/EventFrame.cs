namespace Gateway.SocketIO;

/// <summary>What stands around the one argument of an event's packet. Immutable.</summary>
internal readonly record struct EventFrame(ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Tail);
