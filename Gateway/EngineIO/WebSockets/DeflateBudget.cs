namespace Gateway.EngineIO.WebSockets;

/// <summary>
/// How many connections may keep a compressor (300 KB) while they write. Whoever gets none compresses each message alone. One for the
/// process; any thread.
/// </summary>
internal sealed class DeflateBudget
{
    private const int MaxEncoders = 128;

    private int _taken;

    /// <summary>Every success is paired with one <see cref="Return"/>.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= MaxEncoders)
        {
            return true;
        }

        Interlocked.Decrement(ref _taken);
        return false;
    }

    public void Return() => Interlocked.Decrement(ref _taken);
}
