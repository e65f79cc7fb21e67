namespace Gateway.Operations;

/// <summary>What the runtime says of its memory at one moment, in bytes.</summary>
/// <param name="Allocated">All that was ever allocated: it only grows.</param>
/// <param name="Committed">What the heap holds of the system's memory.</param>
/// <param name="Live">What of it was in use after the last collection.</param>
internal readonly record struct HeapState(long Allocated, long Committed, long Live);

/// <summary>
/// Decides when an idle process collects its heap to give memory back. The collector alone keeps what a burst made it take for as long as
/// nothing is allocated, and when the last collection was in the middle of the burst, it does not even know that it is garbage. Pure but
/// for what it remembers; one caller.
/// </summary>
internal sealed class IdleMemoryRule
{
    /// <summary>So little more than what is in use is not worth a pause.</summary>
    public const long Tolerated = 48L * 1_024 * 1_024;

    // A collection can free what the next one gives back, such as objects with finalizers.
    private const int CollectionsAfterWork = 3;

    private readonly long _idleBytes;
    private long _lastAllocated;
    private long _sinceCollection;
    private int _collections;

    /// <param name="interval">The time between two looks. Below 1 MiB allocated for each of its seconds, the process is idle.</param>
    public IdleMemoryRule(TimeSpan interval) => _idleBytes = (long)(interval.TotalSeconds * 1_024 * 1_024);

    /// <summary>True when the heap is to be collected now.</summary>
    public bool Decide(HeapState state)
    {
        var allocated = state.Allocated - _lastAllocated;
        _lastAllocated = state.Allocated;
        _sinceCollection += allocated;
        if (allocated > _idleBytes)
        {
            _collections = 0;
            return false;
        }

        // What was allocated since may be garbage that no collection has seen.
        var reclaimable = Math.Max(state.Committed - state.Live, Math.Min(_sinceCollection, state.Committed));
        if (_collections == CollectionsAfterWork || reclaimable < Tolerated)
        {
            return false;
        }

        _collections++;
        _sinceCollection = 0;
        return true;
    }
}
