using System.Globalization;
using System.Text;

using DiffPlex;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

using Gateway.Primitives;
using Gateway.Tools.Har;
using Gateway.Tools.Verify.Compare;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Reports;

/// <summary>A difference for readers: one line, and a diff of what was recorded and what came. Secrets are taken out. Pure.</summary>
internal static class DifferenceText
{
    private const int MaxLines = 40;
    private const int MaxWidth = 200;

    public static string Count(int differences) =>
        differences == 1 ? "1 difference" : string.Create(CultureInfo.InvariantCulture, $"{differences} differences");

    public static string Line(Difference finding)
    {
        var place = finding.Rest is { Call.Number: var number }
            ? string.Create(CultureInfo.InvariantCulture, $"call {number}")
            : finding.Connection == 0 ? "request" : string.Create(CultureInfo.InvariantCulture, $"connection {finding.Connection}");
        var frame = finding.Frame < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", frame {finding.Frame}");
        return SecretRedactor.ForLogs.RedactText($"{place}{frame}: {finding.What}");
    }

    /// <summary>Lines that begin with <c>-</c> (recorded), <c>+</c> (the target's) or a blank.</summary>
    public static IReadOnlyList<string> Diff(Difference finding)
    {
        if (finding.Recorded is null && finding.Actual is null)
        {
            return [];
        }

        var model = new InlineDiffBuilder(new Differ()).BuildDiffModel(
            Shown(finding.Recorded, finding.Pointer), Shown(finding.Actual, finding.Pointer));
        var changed = model.Lines.FindIndex(static line => line.Type != ChangeType.Unchanged);
        var shown = model.Lines.Skip(Math.Max(0, changed - 3)).Take(MaxLines).ToList();
        return [.. shown.Select((line, index) => Mark(line.Type) + Cut(line.Text, FirstChange(shown, index)))];
    }

    /// <summary>Where a line that was replaced begins to differ from the one in its place.</summary>
    private static int FirstChange(List<DiffPiece> lines, int index)
    {
        var other = lines[index].Type switch
        {
            ChangeType.Deleted => index + 1,
            ChangeType.Inserted => index - 1,
            _ => -1,
        };
        return other >= 0
            && other < lines.Count
            && lines[other].Type is ChangeType.Deleted
            or ChangeType.Inserted
            && lines[other].Type != lines[index].Type
            ? lines[index].Text.AsSpan().CommonPrefixLength(lines[other].Text)
            : 0;
    }

    /// <summary>At most so much of a line that it can be read, with the place that counts in it.</summary>
    private static string Cut(string text, int place)
    {
        if (text.Length <= MaxWidth)
        {
            return text;
        }

        var from = place < MaxWidth * 3 / 4 ? 0 : place - (MaxWidth / 4);
        var to = Math.Min(text.Length, from + MaxWidth);
        return (from > 0 ? "…" : "") + text[from..to] + (to < text.Length ? "…" : "");
    }

    public static string Full(Difference finding)
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

    // A recording that was made with --keep-secrets, or by another recorder, holds keys; a report goes from hand to hand.
    private static string Shown(JToken? token, string pointer)
    {
        if (token is null)
        {
            return "";
        }

        var shown = new JObject { [pointer.Split('/')[^1]] = token.DeepClone() };
        new BodySecrets(static _ => SecretRedactor.Mask).RedactTree(shown);
        return SecretRedactor.ForLogs.RedactText(shown.Properties().First().Value.ToString(Formatting.Indented));
    }
}
