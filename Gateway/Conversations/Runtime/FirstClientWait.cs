namespace Gateway.Conversations.Runtime;

/// <summary>
/// V0's <c>client_wait_timeout</c>: the first thing without an id that a session has to send waits that long for a client in the
/// room, and what follows it waits behind it; afterwards nothing waits again. Owned by the session's loop; the timer only posts
/// a command to it.
/// </summary>
internal sealed class FirstClientWait(TimeSpan timeout, int limit, TimeProvider timeProvider, Action elapsed)
{
    private readonly List<TransientMessage> _held = [];
    private ITimer? _timer;
    private bool _over;

    /// <summary>Keeps the transient message for the first client. False when it is to be sent now, to whoever is there.</summary>
    public bool TryHold(TransientMessage transientMessage, bool hasClients)
    {
        if (_over || hasClients || timeout <= TimeSpan.Zero)
        {
            End();
            return false;
        }

        // Bounded: what is newer says more about now.
        if (_held.Count == limit)
        {
            _held.RemoveAt(0);
        }

        _held.Add(transientMessage);
        _timer ??= timeProvider.CreateTimer(static state => ((Action)state!)(), elapsed, timeout, Timeout.InfiniteTimeSpan);
        return true;
    }

    /// <summary>The first client is here: what waited for it, in order. Nothing waits again.</summary>
    public IReadOnlyList<TransientMessage> Release()
    {
        TransientMessage[] held = [.. _held];
        if (held.Length > 0)
        {
            End();
        }

        return held;
    }

    /// <summary>The wait is over without a client. What waited is dropped, as V0 does (recording <c>late-first-client</c>).</summary>
    public int End()
    {
        var dropped = _held.Count;
        _over = true;
        _held.Clear();
        _timer?.Dispose();
        _timer = null;
        return dropped;
    }
}
