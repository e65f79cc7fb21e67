using System.Globalization;
using System.Text;

using DiffPlex;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

using Gateway.Fixtures.Compare;
using Gateway.Primitives;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Fixtures.Reports;

/// <summary>A difference for readers: one line, and a diff of what was recorded and what came. Secrets are taken out. Pure.</summary>
internal static class DifferenceText
{
    private const int MaxLines = 40;
    private const int MaxWidth = 200;

    public static string Line(Finding finding)
    {
        var place = finding.Connection == 0 ? "request" : string.Create(CultureInfo.InvariantCulture, $"connection {finding.Connection}");
        var frame = finding.Frame < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", frame {finding.Frame}");
        return SecretRedactor.ForLogs.RedactText($"{place}{frame}: {finding.What}");
    }

    /// <summary>Lines that begin with <c>-</c> (recorded), <c>+</c> (the target's) or a blank.</summary>
    public static IReadOnlyList<string> Diff(Finding finding)
    {
        if (finding.Recorded is null && finding.Actual is null)
        {
            return [];
        }

        var model = new InlineDiffBuilder(new Differ()).BuildDiffModel(Shown(finding.Recorded), Shown(finding.Actual));
        var changed = model.Lines.FindIndex(static line => line.Type != ChangeType.Unchanged);
        return [.. model.Lines.Skip(Math.Max(0, changed - 3)).Take(MaxLines).Select(static line => Mark(line.Type) + (line.Text.Length > MaxWidth ? line.Text[..MaxWidth] + "…" : line.Text))];
    }

    public static string Full(Finding finding)
    {
        var text = new StringBuilder(Line(finding));
        foreach (var line in Diff(finding))
        {
            text.Append('\n').Append("    ").Append(line);
        }

        return text.ToString();
    }

    private static string Mark(ChangeType type) => type switch
    {
        ChangeType.Inserted => "+ ",
        ChangeType.Deleted => "- ",
        _ => "  ",
    };

    private static string Shown(JToken? token) => token is null ? "" : SecretRedactor.ForLogs.RedactText(token.ToString(Formatting.Indented));
}
