namespace Gateway.Tools.Verify.Play;

/// <summary>
/// When the calls of a recording that met a limit of calls in a time are sent again. Calls that came in a burst keep their places within
/// it: one that is late does not delay those behind it. After a pause the next one waits as long as it did then. Owned by one player.
/// </summary>
internal sealed class CallPace(TimeProvider timeProvider)
{
    // Calls that are closer than this belong to one burst.
    private static readonly TimeSpan s_burst = TimeSpan.FromMilliseconds(20);

    // Past it the window of the limit is over.
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(1.2);

    private readonly long _origin = timeProvider.GetTimestamp();
    private DateTimeOffset? _lastRecorded;
    private TimeSpan _lastDue;

    /// <summary>Waits until the call that began at <paramref name="recorded"/> is due. Each is asked for once, in their order.</summary>
    public Task AwaitAsync(DateTimeOffset recorded, CancellationToken cancellationToken)
    {
        var now = timeProvider.GetElapsedTime(_origin);
        var gap = recorded - (_lastRecorded ?? recorded);
        var isOfBurst = _lastRecorded is not null && gap < s_burst;
        var due = _lastDue + (gap < s_longestPause ? gap : s_longestPause);
        _lastRecorded = recorded;
        _lastDue = isOfBurst || due > now ? due : now;
        return due > now ? Task.Delay(due - now, timeProvider, cancellationToken) : Task.CompletedTask;
    }
}
