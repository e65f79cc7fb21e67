using Gateway.Tools.Har;
using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Verify.Play;

/// <summary>
/// What a target asks for that the recorded server did not, or asked otherwise: its key, and headers of whatever stands before it. A
/// recorded client that showed a wrong key shows that one. Immutable.
/// </summary>
/// <param name="Key">The target's <c>session_api_key</c>; null: the recorded one, if any, is right.</param>
/// <param name="RecordedKey">The one that the recorded server asked for; null when it asked for none.</param>
internal sealed record TargetCredentials(string? Key, string? RecordedKey, IReadOnlyList<HarHeader> Headers)
{
    private const string KeyHeader = "X-Session-API-Key";
    private const string KeyParameter = "session_api_key";

    public static TargetCredentials None { get; } = new(null, null, []);

    /// <summary>The recorder took the key out, and what stands in its place opens nothing.</summary>
    public bool IsKeyTakenOut => Key is null
        && RecordedKey is { } key
        && (key.StartsWith("redacted", StringComparison.Ordinal) || key.All(static c => c == '*'));

    /// <summary>What a recorded client says that has the right key.</summary>
    public IReadOnlyList<HarHeader> OfRecordedClient() =>
        [new HarHeader("content-type", "application/json"), .. RecordedKey is null ? [] : new[] { new HarHeader(KeyHeader, RecordedKey) }];

    public IEnumerable<HarHeader> OnHeaders(IReadOnlyList<HarHeader> recorded)
    {
        var headers = recorded
            .Where(header => !Headers.Any(own => own.Name.Equals(header.Name, StringComparison.OrdinalIgnoreCase)))
            .Select(header => Key is not null && header.Value == RecordedKey ? header with { Value = Key } : header)
            .Concat(Headers);
        return Key is not null && RecordedKey is null
            ? headers
                .Where(static header => !header.Name.Equals(KeyHeader, StringComparison.OrdinalIgnoreCase))
                .Append(new HarHeader(KeyHeader, Key))
            : headers;
    }

    /// <summary>A query of REST's: the recorded key in it, right or not, is in the wrong place, and stays there.</summary>
    /// <param name="query">With its question mark, or empty.</param>
    public string InQuery(string query) => Key is null || RecordedKey is null ? query : Join(query, pair => Replaced(pair) ?? pair);

    /// <summary>The query of a socket's request, which shows the key.</summary>
    public string InSocketQuery(string query)
    {
        if (Key is null || RecordedKey is not null)
        {
            return InQuery(query);
        }

        var others = Join(query, static pair => pair.StartsWith(KeyParameter + "=", StringComparison.Ordinal) ? "" : pair);
        return $"{others}&{KeyParameter}={Uri.EscapeDataString(Key)}";
    }

    private static string Join(string query, Func<string, string> change) =>
        "?" + string.Join('&', query.TrimStart('?').Split('&').Select(change).Where(static pair => pair.Length > 0));

    private string? Replaced(string pair) =>
        Key is not null && pair.Split('=', 2) is [KeyParameter, var value] && Uri.UnescapeDataString(value) == RecordedKey
            ? $"{KeyParameter}={Uri.EscapeDataString(Key)}"
            : null;

    /// <summary>A frame of a client's: its CONNECT may hold the key.</summary>
    public string InFrame(string text) => Key is not null && RecordedKey is { Length: > 0 } && WireFrame.Read(text).Kind == WireKind.Connect
        ? text.Replace($"\"{RecordedKey}\"", $"\"{Key}\"", StringComparison.Ordinal)
        : text;

    /// <summary>A polling body of a client's, whose packets may be such frames.</summary>
    public string InPayload(string body) =>
        SocketRecordingReader.MapPayload(body, (isBinary, packet) => isBinary ? packet : InFrame(packet));
}
