using System.Collections.Frozen;
using System.Text;

namespace Gateway.Agents.V1;

/// <summary>
/// The route of a call to V1's server, for metrics and spans: what V1's own routes are made of stays, and everything else, such as an id, a
/// file's path or a query, becomes <c>{}</c>. So there are no more of them than V1 has routes. Pure.
/// </summary>
internal static class V1Route
{
    private const string Variable = "{}";
    private const int MaxSegments = 6;

    private static readonly FrozenSet<string> s_words = new[]
    {
        "alive", "api", "app-conversations", "bash", "changes", "conversations", "diff", "download", "events", "execute_bash_command",
        "file", "git", "health", "interrupt", "llm", "models", "openapi.json", "pause", "ready", "respond_to_confirmation", "run", "search",
        "server_info", "skills", "upload", "url", "v1", "verified", "vscode",
    }.ToFrozenSet(StringComparer.Ordinal);

    public static string Of(string path)
    {
        var end = path.IndexOf('?', StringComparison.Ordinal);
        var route = new StringBuilder();
        var (count, last) = (0, "");
        foreach (var range in path.AsSpan(0, end < 0 ? path.Length : end).Split('/'))
        {
            var segment = path[range];
            var shown = segment.Length == 0 ? "" : s_words.Contains(segment) ? segment : Variable;
            if (shown.Length == 0 || (shown == Variable && last == Variable))
            {
                continue;
            }

            if (count++ == MaxSegments)
            {
                break;
            }

            route.Append('/').Append(shown);
            last = shown;
        }

        return route.ToString();
    }
}
