using Gateway.Primitives;

namespace Gateway.EngineIO.Sessions;

/// <summary>How a session stands at one moment. Immutable; holds no secret.</summary>
/// <param name="Id">Its name in the log.</param>
/// <param name="Usage">Since it began.</param>
/// <param name="Queued">What waits for the client.</param>
/// <param name="IsWriting">A write has begun and has not completed: the client does not read, or reads slowly.</param>
internal readonly record struct SessionView(ConnectionId Id, ConnectionUsage Usage, QueueDepth Queued, bool IsWriting);
