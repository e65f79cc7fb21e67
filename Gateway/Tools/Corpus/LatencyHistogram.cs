namespace Gateway.Tools.Corpus;

/// <summary>
/// Counts of times by length, each known to about one part in fifty; its memory does not grow with the count. Any thread adds; reading
/// is for the end.
/// </summary>
internal sealed class LatencyHistogram
{
    // From a microsecond to about six hours.
    private const int Buckets = 1_200;
    private const double Growth = 1.02;

    private readonly long[] _counts = new long[Buckets];
    private long _failed;
    private long _longest;

    public long Count => _counts.Sum();

    public long Failed => Interlocked.Read(ref _failed);

    public TimeSpan Longest => TimeSpan.FromTicks(Interlocked.Read(ref _longest));

    public void Add(TimeSpan time, bool isDone)
    {
        if (!isDone)
        {
            Interlocked.Increment(ref _failed);
            return;
        }

        Interlocked.Increment(ref _counts[BucketOf(time)]);
        long longest;
        while (time.Ticks > (longest = Interlocked.Read(ref _longest)))
        {
            if (Interlocked.CompareExchange(ref _longest, time.Ticks, longest) == longest)
            {
                return;
            }
        }
    }

    /// <summary>The time that this share of all was within; zero when there are none.</summary>
    /// <param name="share">0 to 1.</param>
    public TimeSpan Percentile(double share)
    {
        var wanted = (long)Math.Ceiling(Count * share);
        var seen = 0L;
        for (var i = 0; i < Buckets; i++)
        {
            seen += _counts[i];
            if (seen >= wanted && seen > 0)
            {
                var end = TimeSpan.FromMicroseconds(Math.Pow(Growth, i));
                return end < Longest ? end : Longest;
            }
        }

        return TimeSpan.Zero;
    }

    private static int BucketOf(TimeSpan time) =>
        (int)Math.Clamp(Math.Ceiling(Math.Log(Math.Max(1, time.TotalMicroseconds)) / Math.Log(Growth)), 0, Buckets - 1);
}
