using System.Globalization;
using System.Text;

using Gateway.Tools.Verify.Features;

namespace Gateway.Tools.Readiness;

/// <summary>A readiness report, and the table of features itself, as Markdown. Pure.</summary>
internal static class ReportMarkdown
{
    public static string Of(ReadinessReport report)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"# {ReportText.Title(report)}\n\n**{ReportText.Answer(report)}**\n\n");
        page.Append(CultureInfo.InvariantCulture, $"- Deployment: {ReportText.Of(report.Deployment)}\n");
        foreach (var source in report.Sources)
        {
            page.Append(CultureInfo.InvariantCulture, $"- Read: {Cell(source)}\n");
        }

        foreach (var problem in report.Problems)
        {
            page.Append(CultureInfo.InvariantCulture, $"- Missing: {Cell(problem)}\n");
        }

        page.Append(CultureInfo.InvariantCulture, $"- Made: {ReportText.Day(report.Made)} UTC\n");
        foreach (var answer in Enum.GetValues<FeatureAnswer>())
        {
            var count = report.Rows.Where(row => row.Reply.Answer == answer).DistinctBy(static row => row.Usage.Feature.Name).Count();
            page.Append(CultureInfo.InvariantCulture, $"- Features {ReportText.Of(answer)}: {count}\n");
        }

        foreach (var group in report.Rows.GroupBy(static row => row.Usage.Feature.Group))
        {
            WriteGroup(page, group);
        }

        return page.ToString();
    }

    /// <summary>Every row of the table, for the page about it.</summary>
    public static string OfTable()
    {
        var page = new StringBuilder();
        foreach (var group in FeatureTable.All.GroupBy(static feature => feature.Group))
        {
            page.Append(CultureInfo.InvariantCulture, $"### {ReportText.Of(group.Key)}\n\n");
            page.Append("| feature | what it is | seen as | alone | before V1 |\n|---|---|---|---|---|\n");
            foreach (var feature in group)
            {
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"| `{feature.Name}` | {Cell(feature.What)} | {Cell(feature.SeenAs)} | {Reply(feature.Alone)} "
                    + $"| {Reply(feature.BeforeV1)} |\n");
            }

            page.Append('\n');
        }

        return page.ToString();
    }

    private static void WriteGroup(StringBuilder page, IGrouping<FeatureGroup, ReadinessRow> group)
    {
        page.Append(CultureInfo.InvariantCulture, $"\n## {ReportText.Of(group.Key)}\n\n");
        page.Append("| feature | form | answer | count | clients | first seen | last seen | what it is | sample |\n");
        page.Append("|---|---|---|---:|---|---|---|---|---|\n");
        foreach (var row in group)
        {
            var usage = row.Usage;
            var sample = usage.Sample.Length == 0 ? "" : $"`{Cell(usage.Sample)}`";
            var answer = row.IsInTheWay ? $"**{ReportText.Answer(row)}**" : ReportText.Answer(row);
            page.Append(
                CultureInfo.InvariantCulture,
                $"| `{usage.Feature.Name}` | {Cell(usage.Variant)} | {answer} | {ReportText.Count(usage.Count)} "
                + $"| {Cell(ReportText.Clients(usage))} | {ReportText.Day(usage.First)} | {ReportText.Day(usage.Last)} "
                + $"| {Cell(ReportText.What(row))} | {sample} |\n");
        }
    }

    private static string Reply(FeatureReply reply) =>
        reply.Note.Length == 0 ? ReportText.Of(reply.Answer) : $"{ReportText.Of(reply.Answer)}: {Cell(reply.Note)}";

    private static string Cell(string text) => text.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);
}
