namespace Gateway.Conversations.Storage.Files;

/// <summary>What there is of the store's threads at one moment, for metrics.</summary>
/// <param name="Threads">All of them, idle ones included.</param>
/// <param name="Slow">Those whose call takes so long that they are not counted on.</param>
/// <param name="Waiting">Calls that wait for their turn or for a thread.</param>
internal readonly record struct StorageFigures(int Threads, int Slow, int Waiting);
