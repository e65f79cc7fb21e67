namespace Gateway.Tools.Har;

/// <summary>
/// What is read of a HAR 1.2 file, with Chrome's <c>_webSocketMessages</c> and our <c>_close</c>. Entries in the order of their start.
/// Immutable.
/// </summary>
internal sealed record HarFile(IReadOnlyList<HarEntry> Entries)
{
    /// <summary>The name of the HAR in a fixture's folder.</summary>
    public const string FixtureName = "session.har";
}

/// <summary>One HTTP exchange, or one WebSocket with what went over it. Immutable.</summary>
internal sealed record HarEntry
{
    /// <summary>Its place in the file, counted from 0.</summary>
    public required int Index { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required TimeSpan Duration { get; init; }

    public required string Method { get; init; }

    public required Uri Url { get; init; }

    public required IReadOnlyList<HarHeader> RequestHeaders { get; init; }

    public string? RequestBody { get; init; }

    /// <summary>There was a body, and the recorder did not keep it: the request cannot be made again.</summary>
    public bool IsRequestBodyLeftOut { get; init; }

    /// <summary>0 when no answer came.</summary>
    public required int Status { get; init; }

    public required IReadOnlyList<HarHeader> ResponseHeaders { get; init; }

    public string? ResponseBody { get; init; }

    /// <summary>There was a body, kept in a form that cannot be read: a recorder's fault (compressed bytes taken for text).</summary>
    public bool HasUnreadableBody { get; init; }

    /// <summary>The recorder left the answer's body out, or cut it.</summary>
    public bool IsBodyLeftOut { get; init; }

    /// <summary>The path and query as they stand in the file: nothing of them is decoded or put together.</summary>
    public string RawTarget { get; init; } = "/";

    /// <summary>Null when the entry is no WebSocket.</summary>
    public IReadOnlyList<HarMessage>? Messages { get; init; }

    /// <summary>How the WebSocket ended; null when the file does not say (a browser's export does not).</summary>
    public HarClose? Close { get; init; }

    public DateTimeOffset Ended => Started + Duration;

    /// <summary>Nobody answered: the server was down, or the recording ended first.</summary>
    public bool IsUnanswered => Status == 0 && Messages is null or { Count: 0 };

    /// <summary>The values of a request's header, joined; null when it has none.</summary>
    public string? RequestHeader(string name) => Find(RequestHeaders, name);

    public string? ResponseHeader(string name) => Find(ResponseHeaders, name);

    private static string? Find(IReadOnlyList<HarHeader> headers, string name)
    {
        var values = headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).ToList();
        return values.Count == 0 ? null : string.Join(", ", values.Select(static header => header.Value));
    }
}

internal readonly record struct HarHeader(string Name, string Value);

/// <param name="Data">The text; of a binary message, its bytes in base64.</param>
internal readonly record struct HarMessage(bool FromClient, DateTimeOffset Time, bool IsBinary, string Data);

/// <param name="Time">Null when the file does not say.</param>
internal sealed record HarClose(bool ByClient, int Code, string Reason, DateTimeOffset? Time);
