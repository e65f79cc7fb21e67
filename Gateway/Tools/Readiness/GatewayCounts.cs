using System.Globalization;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Readiness;

/// <summary>
/// What a running gateway has counted itself, as its operators' routes tell it: kinds of clients, refusals and closes. It counts no action
/// and no REST route, so a report made of it alone says nothing of these. Pure.
/// </summary>
internal static class GatewayCounts
{
    /// <summary>The tables that are asked for, by their names in the operators' routes.</summary>
    public static IReadOnlyList<string> Tables { get; } = ["clients", "refusal-reasons", "closes"];

    /// <param name="table">One of <see cref="Tables"/>.</param>
    public static IEnumerable<Sighting> Of(string table, JObject row) => table switch
    {
        "clients" => Client(row),
        "refusal-reasons" => [Counted("refused", SocketSightings.Refusal(row.Text("sentence")), row, "count")],
        "closes" => [Counted("closed", SafeText.Word(row.Text("reason")), row, "count")],
        _ => [],
    };

    private static IEnumerable<Sighting> Client(JObject row)
    {
        var client = $"{row.Text("library")} {row.Text("version")}".TrimEnd();
        var sightings = new List<Sighting> { Sighting.Of("client", client) };
        if (row.Text("dialect") is { Length: > 0 } dialect)
        {
            sightings.Add(Sighting.Of("asks-as", dialect));
        }

        if (row.Text("protocol") is { Length: > 0 } version)
        {
            sightings.Add(Sighting.OfKind("eio", version));
        }

        if (row.Text("transport") is { Length: > 0 } transport)
        {
            sightings.Add(Sighting.OfKind("transport", transport));
        }

        sightings.AddRange(row.Text("query")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(static name => Sighting.OfKind("query", name)));
        return sightings.Select(sighting => sighting with
        {
            Client = client,
            Count = (long)row.Number("connects"),
            First = Time(row, "firstSeen"),
            Last = Time(row, "lastSeen"),
        });
    }

    private static Sighting Counted(string feature, string variant, JObject row, string count) => Sighting.Of(feature, variant) with
    {
        Count = (long)row.Number(count),
        Last = Time(row, "last"),
    };

    private static DateTimeOffset? Time(JObject row, string name) =>
        DateTimeOffset.TryParse(row.Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
