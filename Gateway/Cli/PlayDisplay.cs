using System.Globalization;

using Gateway.Tools.Corpus;
using Gateway.Tools.Verify.Play;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

using Spectre.Console;

namespace Gateway.Cli;

/// <summary>What <c>gateway play</c> says in the end: a table and a line, or JSON. Stateless.</summary>
internal static class PlayDisplay
{
    private static readonly (string Name, double Share)[] s_shares = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)];

    public static async Task WriteAsync(LoadResult result, ReadableRecordings recordings, bool asJson)
    {
        if (asJson)
        {
            await Console.Out.WriteLineAsync(Json(result, recordings).ToString(Formatting.Indented));
            return;
        }

        var console = Terminal.Open();
        console.Write(TableOf(result));
        if (result.Times.Values.Any(static times => times.Failed > 0))
        {
            console.WriteLine("Count, percentiles and the longest are of what came; what failed, or came too late, is in none of them.");
        }

        console.WriteLine(LineOf(result));
        if (recordings.IsPartial)
        {
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"Partial: {recordings.Problems.Count} could not be read, and were not played."));
        }
    }

    private static Table TableOf(LoadResult result)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("what");
        string[] titles = ["count", "failed", .. s_shares.Select(static share => share.Name), "longest"];
        foreach (var title in titles)
        {
            table.AddColumn(title, static column => column.RightAligned());
        }

        foreach (var (measure, times) in result.Times.Where(static pair => pair.Value.Count + pair.Value.Failed > 0))
        {
            table.AddRow(
            [
                NameOf(measure),
                times.Count.ToString("N0", CultureInfo.InvariantCulture),
                times.Failed.ToString("N0", CultureInfo.InvariantCulture),
                .. s_shares.Select(share => Milliseconds(times, times.Percentile(share.Share))),
                Milliseconds(times, times.Longest),
            ]);
        }

        return table;
    }

    private static string LineOf(LoadResult result)
    {
        var reasons = result.Failed == 0 ? ""
            : $" ({result.Incomplete} of those lacked something that they waited for, {result.Broken} more ended early)";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Played} sessions played, {result.Failed} failed{reasons}, in {result.Duration.TotalSeconds:0.0} s "
            + $"({result.Played / Math.Max(result.Duration.TotalSeconds, 0.001):0.0} a second)"
            + $"{(result.IsStopped ? ", stopped before its end" : "")}.");
    }

    private static JObject Json(LoadResult result, ReadableRecordings recordings) => new()
    {
        ["partial"] = recordings.IsPartial,
        ["problems"] = new JArray(recordings.Problems),
        ["played"] = result.Played,
        ["failed"] = result.Failed,
        ["incomplete"] = result.Incomplete,
        ["stopped"] = result.IsStopped,
        ["problem"] = result.Problem,
        ["seconds"] = Math.Round(result.Duration.TotalSeconds, 3),
        ["times"] = new JArray(result.Times.Select(static pair =>
        {
            var row = new JObject { ["what"] = NameOf(pair.Key), ["count"] = pair.Value.Count, ["failed"] = pair.Value.Failed };
            foreach (var (name, share) in s_shares)
            {
                row[$"{name}Milliseconds"] = Math.Round(pair.Value.Percentile(share).TotalMilliseconds, 3);
            }

            row["longestMilliseconds"] = Math.Round(pair.Value.Longest.TotalMilliseconds, 3);
            return row;
        })),
    };

    private static string NameOf(PlayMeasure measure) => measure switch
    {
        PlayMeasure.Open => "open a session",
        PlayMeasure.Owed => "what a client waits for",
        _ => "REST call",
    };

    // Where nothing came, no time was taken.
    private static string Milliseconds(LatencyHistogram times, TimeSpan time) =>
        times.Count == 0 ? "-" : $"{time.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)} ms";
}
