using System.Text.RegularExpressions;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

using static System.FormattableString;

namespace Gateway.Tests.Wire;

/// <summary>The figures of a fleet under fire, for whoever reads the test's output. Made when all of it is over.</summary>
internal sealed partial class FleetReport(
    NodeFleet fleet, FleetHistory history, IReadOnlyList<FleetReader> readers, IReadOnlyList<FleetWriter> writers,
    IReadOnlyDictionary<string, IReadOnlyList<JObject>> logs)
{
    private const int MostComplaints = 60;

    /// <param name="takeovers">As <see cref="LogWitness.TakeoversAsync"/>.</param>
    /// <param name="databaseBack">When the database was back; null where it was not away.</param>
    public IEnumerable<string> Lines(List<TimeSpan> takeovers, DateTimeOffset? databaseBack)
    {
        var said = writers.SelectMany(static writer => writer.Said).ToList();
        yield return Invariant($"kills {fleet.Kills}, cuts by readers {readers.Sum(static reader => reader.Cuts)}");
        var shown = readers.Sum(static reader => reader.Ids.Count);
        yield return Invariant($"events {logs.Values.Sum(static log => log.Count)}, shown {shown}");
        yield return Invariant($"lost {readers.Sum(Lost)}, twice {readers.Sum(Twice)}, out of order {readers.Sum(OutOfOrder)}");
        yield return $"actions: {Counts(said.Select(static one => $"{one.End}"))}";
        yield return $"what their clients were told: {Counts(writers.SelectMany(static writer => writer.Refusals))}";
        yield return $"refused connects: {Counts(history.Refusals)}";
        yield return $"reconnects: {Percentiles([.. history.Reconnects])}";
        yield return $"takeovers: {Percentiles(takeovers)}";
        if (databaseBack is { } back)
        {
            yield return $"first action after the database was back: {Percentiles([.. logs.Keys.Select(FirstAction)])}";

            TimeSpan FirstAction(string conversation) => said
                .Where(one => one.Conversation == conversation && one.End == ActionEnd.Acknowledged && one.At > back)
                .Select(one => one.At - back).DefaultIfEmpty().Min();
        }
    }

    /// <summary>The warnings and errors of all nodes, alike ones counted.</summary>
    public static IEnumerable<string> Complaints(IEnumerable<string> lines) => lines
        .Select(static line => Complaint().Match(line))
        .Where(static match => match.Success)
        .CountBy(static match => Changing().Replace(match.Value, "*"))
        .OrderByDescending(static one => one.Value)
        .Take(MostComplaints)
        .Select(static one => Invariant($"{one.Value} x {one.Key}"));

    private int Lost(FleetReader reader) => FleetReader.IdsOf(logs[reader.Conversation]).Except(reader.Ids).Count();

    private static int Twice(FleetReader reader) => reader.Ids.Count - reader.Ids.Distinct().Count();

    private static int OutOfOrder(FleetReader reader) => reader.Ids.Zip(reader.Ids.Skip(1)).Count(static pair => pair.Second < pair.First);

    private static string Counts(IEnumerable<string> texts) =>
        string.Join("; ", texts.CountBy(static text => text).Select(static one => Invariant($"{one.Value} x {one.Key}")));

    private static string Percentiles(List<TimeSpan> times)
    {
        times.Sort();
        return times.Count == 0
            ? "none"
            : Invariant($"{times.Count}, median {Seconds(0.5)} s, p99 {Seconds(0.99)} s, longest {Seconds(1)} s");

        string Seconds(double part) => Invariant($"{times[Math.Min(times.Count - 1, (int)(times.Count * part))].TotalSeconds:0.00}");
    }

    [GeneratedRegex("(WARN|ERROR|FATAL) .*")]
    private static partial Regex Complaint();

    [GeneratedRegex(@"\bc\d+\b|event \d+|id \d+")]
    private static partial Regex Changing();
}
