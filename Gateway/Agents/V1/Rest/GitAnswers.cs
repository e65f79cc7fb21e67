using System.Text;

using Gateway.Conversations.Workspaces;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Rest;

/// <summary>What V1 says of git, in V0's terms (PROTOCOL.md, "V1 REST"). Pure.</summary>
internal static class GitAnswers
{
    /// <summary>In the order of the paths, as V0's. What has no path, or an unknown status, is left out.</summary>
    public static IEnumerable<GitChange> ReadChanges(JArray changes) => changes.OfType<JObject>()
        .Where(static change => change.Text("path").Length > 0)
        .Select(static change => StatusOf(change.Text("status")) is { } status ? new GitChange(status, change.Text("path")) : null)
        .OfType<GitChange>()
        .OrderBy(static change => change.Path, StringComparer.Ordinal);

    /// <summary>The name that git has written in quotes, with escapes for what is no plain ASCII; any other text as it is.</summary>
    public static string Unquote(string path)
    {
        if (path.Length < 2 || path[0] != '"' || path[^1] != '"')
        {
            return path;
        }

        var bytes = new List<byte>();
        var inner = Encoding.UTF8.GetBytes(path[1..^1]);
        for (var i = 0; i < inner.Length; i++)
        {
            if (inner[i] != '\\' || i + 1 == inner.Length)
            {
                bytes.Add(inner[i]);
            }
            else if (IsOctalEscape(inner.AsSpan(i)))
            {
                bytes.Add((byte)(((inner[i + 1] - '0') << 6) | ((inner[i + 2] - '0') << 3) | (inner[i + 3] - '0')));
                i += 3;
            }
            else
            {
                bytes.Add(Escaped(inner[++i]));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static bool IsOctalEscape(ReadOnlySpan<byte> text) =>
        text.Length > 3 && text[1] is >= (byte)'0' and <= (byte)'3' && !text[2..4].ContainsAnyExceptInRange((byte)'0', (byte)'7');

    private static byte Escaped(byte letter) => letter switch
    {
        (byte)'a' => (byte)'\a',
        (byte)'b' => (byte)'\b',
        (byte)'t' => (byte)'\t',
        (byte)'n' => (byte)'\n',
        (byte)'v' => (byte)'\v',
        (byte)'f' => (byte)'\f',
        (byte)'r' => (byte)'\r',
        _ => letter,
    };

    private static GitChangeStatus? StatusOf(string status) => status switch
    {
        "UPDATED" => GitChangeStatus.Modified,
        "ADDED" => GitChangeStatus.Added,
        "DELETED" => GitChangeStatus.Deleted,
        "MOVED" => GitChangeStatus.Renamed,
        _ => null,
    };
}
