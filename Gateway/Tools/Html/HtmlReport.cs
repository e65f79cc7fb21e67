using System.Globalization;
using System.Net;
using System.Text;

namespace Gateway.Tools.Html;

/// <summary>A cell of a table, or a paragraph.</summary>
/// <param name="Tone"><c>good</c>, <c>bad</c>, <c>soft</c> or <c>number</c>; empty for none.</param>
internal readonly record struct HtmlText(string Text, string Tone = "", bool IsCode = false)
{
    public static implicit operator HtmlText(string text) => new(text);
}

/// <summary>A report as one HTML page that asks no host and runs no script; every text is escaped. Written by one caller.</summary>
internal sealed class HtmlReport
{
    private const string Style = """
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

    private readonly StringBuilder _page = new();

    /// <param name="refreshSeconds">After which a browser loads it again; 0: never.</param>
    public HtmlReport(string title, int refreshSeconds = 0)
    {
        _page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
        if (refreshSeconds > 0)
        {
            _page.Append(CultureInfo.InvariantCulture, $"<meta http-equiv=\"refresh\" content=\"{refreshSeconds}\">\n");
        }

        _page.Append(CultureInfo.InvariantCulture, $"<title>{Escape(title)}</title>\n").Append(Style.ReplaceLineEndings("\n"));
    }

    public void AddHeading(int level, string text) =>
        _page.Append(CultureInfo.InvariantCulture, $"<h{level}>{Escape(text)}</h{level}>\n");

    public void AddParagraph(HtmlText text) => AddElement("p", text);

    public void AddList(IEnumerable<string> items)
    {
        _page.Append("<ul>\n");
        foreach (var item in items)
        {
            AddElement("li", item);
        }

        _page.Append("</ul>\n");
    }

    public void AddTable(IEnumerable<string> columns, IEnumerable<IEnumerable<HtmlText>> rows)
    {
        _page.Append("<div class=\"wide\"><table>\n<thead><tr>");
        foreach (var column in columns)
        {
            _page.Append(CultureInfo.InvariantCulture, $"<th>{Escape(column)}</th>");
        }

        _page.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in rows)
        {
            _page.Append("<tr>");
            foreach (var cell in row)
            {
                AddElement("td", cell, "");
            }

            _page.Append("</tr>\n");
        }

        _page.Append("</tbody></table></div>\n");
    }

    /// <summary>The whole page.</summary>
    public override string ToString() => $"{_page}</body>\n</html>\n";

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private void AddElement(string name, HtmlText text, string end = "\n")
    {
        var tone = text.Tone.Length == 0 ? "" : $" class=\"{text.Tone}\"";
        var inner = text is { IsCode: true, Text.Length: > 0 } ? $"<code>{Escape(text.Text)}</code>" : Escape(text.Text);
        _page.Append(CultureInfo.InvariantCulture, $"<{name}{tone}>{inner}</{name}>{end}");
    }
}
