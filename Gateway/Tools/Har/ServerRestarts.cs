namespace Gateway.Tools.Har;

/// <summary>
/// When the recorded server went down, whether it was told to (1012) or killed: then its connections break (1006) and what is tried next
/// is refused. Pure.
/// </summary>
/// <param name="Times">In their order; several connections that end with the one restart give one time.</param>
/// <param name="WhileDown">What was tried meanwhile.</param>
internal sealed record ServerRestarts(IReadOnlyList<DateTimeOffset> Times, IReadOnlyList<HarEntry> WhileDown)
{
    private const int Restart = 1012;
    private const int Broken = 1006;

    // A client that was cut off tries again within seconds, with a growing pause.
    private static readonly TimeSpan s_firstTries = TimeSpan.FromSeconds(30);

    public static ServerRestarts Find(IReadOnlyList<HarEntry> entries)
    {
        var closes = entries.Where(static entry => IsCutOff(entry)).OrderBy(static entry => TimeOf(entry)).ToList();
        var times = new List<DateTimeOffset>();
        foreach (var time in closes.Where(entry => entry.Close?.Code == Restart || IsRefusedAfter(entries, TimeOf(entry))).Select(TimeOf))
        {
            if (times.Count == 0 || entries.Any(entry => IsAnswered(entry) && entry.Started > times[^1] && entry.Started < time))
            {
                times.Add(time);
            }
        }

        var refused = entries.Where(entry => entry.IsUnanswered && times.Exists(time => IsDown(entries, time, entry)));
        return new ServerRestarts(times, [.. refused]);
    }

    /// <summary>The connection ended as it does when the server goes.</summary>
    public static bool IsEnd(HarClose? close) => close is { ByClient: false, Code: Restart or Broken };

    private static bool IsCutOff(HarEntry entry) => entry.Messages is { Count: > 0 } && IsEnd(entry.Close);

    private static DateTimeOffset TimeOf(HarEntry entry) => entry.Close?.Time ?? entry.Messages?[^1].Time ?? entry.Ended;

    private static bool IsAnswered(HarEntry entry) => entry.Status != 0 || entry.Messages is { Count: > 0 };

    // What began before the end may have been refused as well: the order of the two is a matter of milliseconds.
    private static bool IsRefusedAfter(IReadOnlyList<HarEntry> entries, DateTimeOffset time) =>
        entries.FirstOrDefault(entry =>
            entry.Ended > time && entry.Started <= time + s_firstTries && entry.Messages is null or { Count: 0 }) is { IsUnanswered: true };

    private static bool IsDown(IReadOnlyList<HarEntry> entries, DateTimeOffset time, HarEntry refused) =>
        refused.Ended >= time
            && !entries.Any(entry => IsAnswered(entry) && entry.Started > time && entry.Started < refused.Started);
}
