using Gateway.Tools.Html;

namespace Gateway.Tools.Readiness;

/// <summary>A readiness report as one HTML page. Pure.</summary>
internal static class ReportHtml
{
    private static readonly string[] s_columns =
        ["feature", "form", "answer", "count", "clients", "first seen", "last seen", "what it is", "sample"];

    public static string Of(ReadinessReport report)
    {
        var page = new HtmlReport("Readiness");
        page.AddHeading(1, ReportText.Title(report));
        page.AddParagraph(new HtmlText(ReportText.Answer(report), report.IsReady ? "good" : "bad"));
        page.AddList(
        [
            $"Deployment: {ReportText.Of(report.Deployment)}",
            .. report.Sources.Select(static source => $"Read: {source}"),
            .. report.Problems.Select(static problem => $"Missing: {problem}"),
            $"Made: {ReportText.Day(report.Made)} UTC",
        ]);
        foreach (var group in report.Rows.GroupBy(static row => row.Usage.Feature.Group))
        {
            page.AddHeading(2, ReportText.Of(group.Key));
            page.AddTable(s_columns, group.Select(Row));
        }

        return page.ToString();
    }

    private static IEnumerable<HtmlText> Row(ReadinessRow row)
    {
        var usage = row.Usage;
        return
        [
            new HtmlText(usage.Feature.Name, IsCode: true),
            usage.Variant,
            new HtmlText(ReportText.Answer(row), row.IsInTheWay ? "bad" : ""),
            new HtmlText(ReportText.Count(usage.Count), "number"),
            ReportText.Clients(usage),
            ReportText.Day(usage.First),
            ReportText.Day(usage.Last),
            new HtmlText(ReportText.What(row), "soft"),
            new HtmlText(usage.Sample, IsCode: true),
        ];
    }
}
