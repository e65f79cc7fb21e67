namespace Gateway.Primitives;

/// <summary>Lets one warning through in a minute: a flood must not become a flood of lines. Any thread.</summary>
internal sealed class WarningInterval(TimeProvider timeProvider)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1);

    private long _last = long.MinValue;

    /// <summary>True for the first who asks, and again when a minute is over.</summary>
    public bool IsDue()
    {
        var last = Interlocked.Read(ref _last);
        var now = timeProvider.GetTimestamp();
        var isDue = last == long.MinValue || timeProvider.GetElapsedTime(last, now) >= s_interval;
        return isDue && Interlocked.CompareExchange(ref _last, now, last) == last;
    }
}
