using System.Text.RegularExpressions;

using Gateway.Tools.Shadow.Compare;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Shadow;

/// <summary>What a shadow has found so far, as JSON. No secret is in it. Pure.</summary>
internal static partial class ShadowReport
{
    /// <summary>Everything.</summary>
    public static JObject Of(ShadowHost host)
    {
        var report = Summary(host);
        report["groups"] = new JArray(host.Groups.All.Select(Of));
        return report;
    }

    /// <summary>Without the groups.</summary>
    public static JObject Summary(ShadowHost host)
    {
        var counters = host.Counters;
        var dropped = new JObject();
        foreach (var reason in Enum.GetValues<DropReason>().Where(reason => counters.DroppedFor(reason) > 0))
        {
            dropped[NameOf(reason)] = counters.DroppedFor(reason);
        }

        return new JObject
        {
            ["listen"] = $"http://{host.Address}",
            ["mode"] = host.Mode,
            ["comparing"] = host.Switch.IsOn,
            ["offBecause"] = host.Switch.Reason,
            ["partial"] = host.Notes.Partial.Count > 0,
            ["partialBecause"] = new JArray(host.Notes.Partial),
            ["connections"] = counters.Connections,
            ["open"] = counters.Open,
            ["forwardedBytes"] = counters.Bytes,
            ["sessions"] = counters.Sessions,
            ["calls"] = counters.Calls,
            ["notSampled"] = counters.NotSampled,
            ["compared"] = counters.Compared,
            ["equal"] = counters.Compared - counters.Different,
            ["different"] = counters.Different,
            ["candidateErrors"] = counters.Failed,
            ["pending"] = host.Pending,
            ["keptBytes"] = counters.Kept,
            ["dropped"] = dropped,
        };
    }

    public static JObject Of(DifferenceGroup group) => new()
    {
        ["number"] = group.Number,
        ["intended"] = group.Key.IsIntended,
        ["rule"] = group.Key.Rule,
        ["route"] = group.Key.Route,
        ["client"] = group.Key.Client,
        ["first"] = group.Key.First,
        ["count"] = group.Count,
        ["firstSeen"] = group.FirstSeen,
        ["lastSeen"] = group.LastSeen,
        ["sample"] = group.Sample,
        ["fixture"] = group.Fixture,
    };

    /// <summary>As reports and metrics say it: <c>queue-full</c>.</summary>
    public static string NameOf(DropReason reason) => Capital().Replace(reason.ToString(), "-$0").ToLowerInvariant();

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex Capital();
}
