namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// The waits between tries of one conversation: each at random between the shortest and three times the last one, up to the longest, so
/// that conversations that lost their server together come back one by one. Used by the connection's loop.
/// </summary>
/// <param name="shortest">Of the first wait.</param>
/// <param name="longest">Of any.</param>
/// <param name="random">Gives a number from 0 to 1.</param>
internal sealed class ReconnectPolicy(TimeSpan shortest, TimeSpan longest, Func<double> random)
{
    private const int Growth = 3;

    // A server that asks for patience gets it from the first wait on.
    private const int PatienceFactor = 4;

    // Null: the next wait is the first.
    private TimeSpan? _last;

    /// <summary>The wait before the next try.</summary>
    public TimeSpan Next(NextTry next)
    {
        if (next == NextTry.AtOnce)
        {
            return TimeSpan.Zero;
        }

        var from = next == NextTry.MuchLater ? shortest * PatienceFactor : shortest;
        var to = Limit((_last > from ? _last.Value : from) * Growth);
        var wait = Limit(from + ((to - from) * random()));
        _last = wait;
        return wait;
    }

    /// <summary>The server is there, and of use.</summary>
    public void Reset() => _last = null;

    private TimeSpan Limit(TimeSpan wait) => wait < longest ? wait : longest;
}
