using System.Globalization;
using System.Net;
using System.Text;

namespace Gateway.Tools.Readiness;

/// <summary>A readiness report as one HTML page that asks no host and runs no script. Pure.</summary>
internal static class ReportHtml
{
    private const string Head = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>Readiness</title>
        <style>
        :root { color-scheme: light dark; --line: #d0d7de; --soft: #57606a; --bad: #b42318; --good: #1a7f37; --head: #f6f8fa; }
        @media (prefers-color-scheme: dark) {
          :root { --line: #3d444d; --soft: #9198a1; --bad: #ff7b72; --good: #3fb950; --head: #151b23; }
          body { background: #0d1117; color: #e6edf3; }
        }
        body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; }
        table { border-collapse: collapse; width: 100%; font-size: .87rem; }
        .wide { overflow-x: auto; }
        th, td { border-bottom: 1px solid var(--line); padding: .35rem .5rem; text-align: left; vertical-align: top; }
        th { background: var(--head); }
        td.number { text-align: right; font-variant-numeric: tabular-nums; }
        code { font-size: .85em; overflow-wrap: anywhere; }
        .soft { color: var(--soft); }
        .bad { color: var(--bad); font-weight: 600; }
        .good { color: var(--good); font-weight: 600; }
        </style>
        </head>
        <body>

        """;

    public static string Of(ReadinessReport report)
    {
        var page = new StringBuilder(Head.ReplaceLineEndings("\n"));
        page.Append(CultureInfo.InvariantCulture, $"<h1>{Text(ReportText.Title(report))}</h1>\n");
        var answer = Text(ReportText.Answer(report));
        page.Append(CultureInfo.InvariantCulture, $"<p class=\"{(report.IsReady ? "good" : "bad")}\">{answer}</p>\n<ul>\n");
        Item(page, $"Deployment: {ReportText.Of(report.Deployment)}");
        foreach (var source in report.Sources)
        {
            Item(page, $"Read: {source}");
        }

        foreach (var problem in report.Problems)
        {
            Item(page, $"Missing: {problem}");
        }

        Item(page, $"Made: {ReportText.Day(report.Made)} UTC");
        page.Append("</ul>\n");
        foreach (var group in report.Rows.GroupBy(static row => row.Usage.Feature.Group))
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2>{Text(ReportText.Of(group.Key))}</h2>\n<div class=\"wide\"><table>\n");
            page.Append("<thead><tr><th>feature</th><th>form</th><th>answer</th><th>count</th><th>clients</th><th>first seen</th>"
                + "<th>last seen</th><th>what it is</th><th>sample</th></tr></thead>\n<tbody>\n");
            foreach (var row in group)
            {
                WriteRow(page, row);
            }

            page.Append("</tbody></table></div>\n");
        }

        return page.Append("</body>\n</html>\n").ToString();
    }

    private static void WriteRow(StringBuilder page, ReadinessRow row)
    {
        var usage = row.Usage;
        var sample = usage.Sample.Length == 0 ? "" : $"<code>{Text(usage.Sample)}</code>";
        page.Append(
            CultureInfo.InvariantCulture,
            $"<tr><td><code>{Text(usage.Feature.Name)}</code></td><td>{Text(usage.Variant)}</td>"
            + $"<td{(row.IsInTheWay ? " class=\"bad\"" : "")}>{Text(ReportText.Answer(row))}</td>"
            + $"<td class=\"number\">{ReportText.Count(usage.Count)}</td><td>{Text(ReportText.Clients(usage))}</td>"
            + $"<td>{ReportText.Day(usage.First)}</td><td>{ReportText.Day(usage.Last)}</td>"
            + $"<td class=\"soft\">{Text(ReportText.What(row))}</td><td>{sample}</td></tr>\n");
    }

    private static void Item(StringBuilder page, string text) => page.Append(CultureInfo.InvariantCulture, $"<li>{Text(text)}</li>\n");

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
