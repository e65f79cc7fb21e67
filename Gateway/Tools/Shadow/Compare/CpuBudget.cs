namespace Gateway.Tools.Shadow.Compare;

/// <summary>
/// The share of the machine's processors that this process may use before comparisons give way; forwarding never does. Any thread.
/// </summary>
/// <param name="percent">Of all processors together; 100 or more: no bound.</param>
/// <param name="used">The processor time that this process has used so far.</param>
internal sealed class CpuBudget(double percent, Func<TimeSpan> used, TimeProvider timeProvider)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private long _since = timeProvider.GetTimestamp();
    private TimeSpan _usedThen = used();
    private bool _isLeft = true;

    /// <summary>Whether there was something left in the latest half second.</summary>
    public bool IsLeft
    {
        get
        {
            if (percent >= 100)
            {
                return true;
            }

            lock (_lock)
            {
                var elapsed = timeProvider.GetElapsedTime(_since);
                if (elapsed >= s_interval)
                {
                    var now = used();
                    _isLeft = now - _usedThen <= elapsed * (percent / 100 * Environment.ProcessorCount);
                    (_since, _usedThen) = (timeProvider.GetTimestamp(), now);
                }

                return _isLeft;
            }
        }
    }

    public static TimeSpan OfThisProcess() => OperatingSystem.IsIOS() || OperatingSystem.IsTvOS()
        ? TimeSpan.Zero
        : Environment.CpuUsage.TotalTime;
}
