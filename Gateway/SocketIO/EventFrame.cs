namespace Gateway.SocketIO;

/// <summary>What stands around the one argument of an event's packet. Immutable.</summary>
/// <param name="IsMessagePack">The argument stands there as MessagePack, and not as JSON.</param>
internal readonly record struct EventFrame(ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Tail, bool IsMessagePack = false);
