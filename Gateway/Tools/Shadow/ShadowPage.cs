using System.Globalization;

using Gateway.Tools.Html;
using Gateway.Tools.Shadow.Compare;

namespace Gateway.Tools.Shadow;

/// <summary>What a shadow has found so far, as a page that a browser keeps up to date. Pure.</summary>
internal static class ShadowPage
{
    private const int RefreshSeconds = 5;

    private static readonly string[] s_groupColumns =
        ["number", "rule", "about", "route", "client", "count", "first seen", "last seen", "sample", "fixture"];

    public static string Of(ShadowHost shadow)
    {
        var counters = shadow.Counters;
        var page = new HtmlReport("Shadow", RefreshSeconds);
        page.AddHeading(1, $"Shadow, mode {shadow.Mode}");
        page.AddParagraph(
            !shadow.Switch.IsOn ? new HtmlText($"Comparing is off: {shadow.Switch.Reason}. V0's clients are served as before.", "bad")
            : counters.Different > 0 ? new HtmlText($"{Count(counters.Different)} of {Count(counters.Compared)} differ.", "bad")
            : new HtmlText($"{Count(counters.Compared)} compared, all equal.", "good"));
        page.AddList(shadow.Notes.Partial.Select(static reason => $"Partial: {reason}"));
        page.AddTable(
            ["figure", "now"], Figures(shadow).Select(static one => new[] { one.Name, new HtmlText(Count(one.Value), "number") }));
        var groups = shadow.Groups.All.ToLookup(static group => group.Key.IsIntended);
        page.AddHeading(2, "Differences");
        page.AddTable(s_groupColumns, groups[false].Select(Row));
        page.AddHeading(2, "Intended differences");
        page.AddTable(s_groupColumns, groups[true].Select(Row));
        return page.ToString();
    }

    private static IEnumerable<(HtmlText Name, long Value)> Figures(ShadowHost shadow) =>
    [
        ("connections that are open", shadow.Counters.Open),
        ("connections", shadow.Counters.Connections),
        ("bytes passed on", shadow.Counters.Bytes),
        ("sessions", shadow.Counters.Sessions),
        ("REST calls", shadow.Counters.Calls),
        ("not in the sample", shadow.Counters.NotSampled),
        ("compared", shadow.Counters.Compared),
        ("failures of the candidate", shadow.Counters.Failed),
        ("waiting or under way", shadow.Pending),
        .. Enum.GetValues<DropReason>()
            .Where(reason => shadow.Counters.DroppedFor(reason) > 0)
            .Select(reason => ((HtmlText)$"not compared: {ShadowReport.NameOf(reason)}", shadow.Counters.DroppedFor(reason))),
    ];

    private static IEnumerable<HtmlText> Row(DifferenceGroup group) =>
    [
        new HtmlText(Count(group.Number), "number"),
        group.Key.Rule,
        group.Key.First,
        group.Key.Route,
        group.Key.Client,
        new HtmlText(Count(group.Count), "number"),
        Time(group.FirstSeen),
        Time(group.LastSeen),
        new HtmlText(group.Sample, IsCode: true),
        new HtmlText(group.Fixture ?? "", IsCode: true),
    ];

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
