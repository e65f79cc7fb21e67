namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// Events seen on the unnumbered socket that the log has not shown yet. Live frames overtake the history, come twice, and are sent before
/// they are stored (PROTOCOL.md, "V1 log and frames"): a frame says only that there is something to read; the log says what, and in which
/// order. Pure but for the clock's time stamps; used by one thread.
/// </summary>
internal sealed class PendingFrames(TimeProvider timeProvider)
{
    /// <summary>The log is read anyway when there are more; none of them is lost by not being listed.</summary>
    public const int MaxPending = 4_096;

    /// <summary>What is not in the log after this long is not going to be.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_firstRetry = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan s_retryAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, long> _pending = new(StringComparer.Ordinal);
    private TimeSpan _retry = s_firstRetry;
    private bool _isReadWanted = true;
    private bool _hasFailed;
    private TimeSpan _wait;
    private long _lastRead = timeProvider.GetTimestamp();

    public bool IsSettled => !_isReadWanted;

    /// <summary>How long to wait before reading the log; zero at once, null not at all.</summary>
    public TimeSpan? ReadAfter
    {
        get
        {
            var left = _wait - timeProvider.GetElapsedTime(_lastRead);
            return !_isReadWanted ? null : left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>There is something to read, whatever its id.</summary>
    public void WantRead()
    {
        _isReadWanted = true;
        _retry = s_firstRetry;
        // A server that just failed is not asked more often because it sends more.
        _wait = _hasFailed ? _wait : TimeSpan.Zero;
    }

    public void Seen(string id)
    {
        WantRead();
        if (_pending.Count < MaxPending)
        {
            _pending.TryAdd(id, timeProvider.GetTimestamp());
        }
    }

    /// <summary>The log was read to its end. Gives how many were given up.</summary>
    public int Settle(Func<string, bool> isInLog)
    {
        var givenUp = 0;
        foreach (var (id, since) in _pending.ToList())
        {
            if (isInLog(id))
            {
                _pending.Remove(id);
            }
            else if (timeProvider.GetElapsedTime(since) >= GiveUpAfter)
            {
                _pending.Remove(id);
                givenUp++;
            }
        }

        _hasFailed = false;
        _isReadWanted = _pending.Count > 0;
        _lastRead = timeProvider.GetTimestamp();
        _wait = _retry;
        _retry *= 2;
        return givenUp;
    }

    /// <summary>The log could not be read: again after a wait.</summary>
    public void Failed()
    {
        _hasFailed = true;
        _isReadWanted = true;
        _lastRead = timeProvider.GetTimestamp();
        _wait = s_retryAfterFailure;
    }
}
