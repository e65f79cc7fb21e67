using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Conversations.Workspaces.Local;

/// <summary>
/// What a <c>.gitignore</c> leaves out of V0's lists of files. As V0 does, patterns are matched against the whole path of the answer
/// (<c>workspace/sub/a.txt</c>), so that one which is bound to the folder's own level matches nothing. Immutable; any thread.
/// </summary>
internal sealed class IgnoreRules
{
    private const int MaxRules = 1_000;
    private const int MaxPatternLength = 1_024;

    public static readonly IgnoreRules None = new([]);

    private readonly (Regex Pattern, bool IsIgnored)[] _rules;

    private IgnoreRules((Regex Pattern, bool IsIgnored)[] rules) => _rules = rules;

    public static IgnoreRules Parse(string text) => new(
        [.. text.Split('\n').Select(static line => line.TrimEnd('\r')).Select(ParseLine).OfType<(Regex, bool)>().Take(MaxRules)]);

    /// <summary>The last rule that matches decides.</summary>
    public bool Matches(string path)
    {
        var name = path.TrimStart('/');
        for (var i = _rules.Length - 1; i >= 0; i--)
        {
            if (_rules[i].Pattern.IsMatch(name))
            {
                return _rules[i].IsIgnored;
            }
        }

        return false;
    }

    private static (Regex Pattern, bool IsIgnored)? ParseLine(string line)
    {
        var pattern = line.EndsWith("\\ ", StringComparison.Ordinal) ? line : line.TrimEnd(' ');
        if (pattern.Length is 0 or > MaxPatternLength || pattern[0] == '#' || pattern is "/")
        {
            return null;
        }

        var isIgnored = pattern[0] != '!';
        pattern = isIgnored ? pattern : pattern[1..];
        var isFolder = pattern.EndsWith('/');
        pattern = pattern.TrimEnd('/');
        var isBound = pattern.Contains('/', StringComparison.Ordinal);
        pattern = pattern.TrimStart('/');
        if (pattern.Length == 0)
        {
            return null;
        }

        // Not backtracking: the pattern is somebody else's.
        var regex = $"^{(isBound ? "" : "(?:.+/)?")}{Translate(pattern)}{(isFolder ? "/.*" : "(?:/.*)?")}$";
        try
        {
            return (new Regex(regex, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline), isIgnored);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static string Translate(string pattern)
    {
        var regex = new StringBuilder();
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' when pattern.AsSpan(i).StartsWith("**/"):
                    regex.Append("(?:.+/)?");
                    i += 2;
                    break;
                case '*' when pattern.AsSpan(i).StartsWith("**"):
                    regex.Append(".*");
                    i++;
                    break;
                case '*':
                    regex.Append("[^/]*");
                    break;
                case '?':
                    regex.Append("[^/]");
                    break;
                case '[' when pattern.IndexOf(']', Math.Min(i + 2, pattern.Length)) is var end and > 0:
                    regex.Append(Class(pattern[(i + 1)..end]));
                    i = end;
                    break;
                case '\\' when i + 1 < pattern.Length:
                    regex.Append(Regex.Escape(pattern[++i].ToString()));
                    break;
                default:
                    regex.Append(Regex.Escape(pattern[i].ToString()));
                    break;
            }
        }

        return regex.ToString();
    }

    private static string Class(string content)
    {
        var isNegated = content[0] is '!' or '^';
        var members = (isNegated ? content[1..] : content)
            .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal)
            .Replace("]", "\\]", StringComparison.Ordinal).Replace("^", "\\^", StringComparison.Ordinal);
        return $"[{(isNegated ? "^" : "")}{members}]";
    }
}
