using System.Globalization;
using System.Text;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// A unified diff of two file texts with three lines of context, as V0's <c>edit</c> observations carry it. An edit changes one
/// place nearly always, so the common head and tail are cut off and the rest is one hunk: linear in the size of the file, whatever comes.
/// Pure.
/// </summary>
internal static class UnifiedDiff
{
    private const int ContextLines = 3;

    public static string Create(string path, string oldText, string newText)
    {
        if (oldText == newText)
        {
            return "";
        }

        var before = Lines(oldText);
        var after = Lines(newText);
        var head = 0;
        while (head < before.Length && head < after.Length && before[head] == after[head])
        {
            head++;
        }

        var tail = 0;
        while (tail < before.Length - head && tail < after.Length - head && before[^(tail + 1)] == after[^(tail + 1)])
        {
            tail++;
        }

        var start = Math.Max(0, head - ContextLines);
        var kept = Math.Min(tail, ContextLines);
        var oldEnd = before.Length - tail;
        var newEnd = after.Length - tail;

        var diff = new StringBuilder();
        diff.Append(CultureInfo.InvariantCulture, $"--- {path}\n+++ {path}\n");
        diff.Append(CultureInfo.InvariantCulture, $"@@ -{Span(start, oldEnd + kept)} +{Span(start, newEnd + kept)} @@");
        Append(diff, ' ', before[start..head]);
        Append(diff, '-', before[head..oldEnd]);
        Append(diff, '+', after[head..newEnd]);
        Append(diff, ' ', before[oldEnd..(oldEnd + kept)]);
        return diff.ToString();
    }

    private static string[] Lines(string text)
    {
        var lines = text.Split('\n');
        // What follows the last line break is no line.
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }

    /// <summary>Lines [start, end), counted from 1; an empty span names the line before it; a span of one line has no length.</summary>
    private static string Span(int start, int end)
    {
        var length = end - start;
        return length switch
        {
            0 => string.Create(CultureInfo.InvariantCulture, $"{start},0"),
            1 => string.Create(CultureInfo.InvariantCulture, $"{start + 1}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{start + 1},{length}"),
        };
    }

    private static void Append(StringBuilder diff, char lastSequence, string[] lines)
    {
        foreach (var line in lines)
        {
            diff.Append('\n').Append(lastSequence).Append(line);
        }
    }
}
