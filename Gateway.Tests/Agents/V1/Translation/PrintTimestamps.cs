using Gateway.Agents.V1.Translation;

namespace Gateway.Tests.Agents.V1.Translation;

/// <summary>
/// What the child process of <see cref="V1TimestampTests"/> does: prints the offset of its zone, then what it says of each pair of times.
/// </summary>
internal static class PrintTimestamps
{
    public const string Argument = "print-timestamps";

    public static void Run(IReadOnlyList<string> times)
    {
        Console.WriteLine(TimeZoneInfo.Local.BaseUtcOffset);
        for (var i = 0; i + 1 < times.Count; i += 2)
        {
            Console.WriteLine(V1Timestamp.IsPast(times[i], times[i + 1], TimeSpan.FromMilliseconds(500)));
        }
    }
}
