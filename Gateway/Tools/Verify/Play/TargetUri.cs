using System.Net.Http.Headers;

using Gateway.Tools.Har;
using Gateway.Tools.Verify.Rest;

namespace Gateway.Tools.Verify.Play;

/// <summary>Turns recorded requests into requests to a target. Pure.</summary>
internal static class TargetUri
{
    private const int MaxMadeUpBody = 64 * 1024 * 1024;

    private static readonly string[] s_playedHeaders =
        ["origin", "authorization", "cookie", "x-session-api-key", "access-control-request-method", "access-control-request-headers"];

    /// <summary>The recorded path and query at the target, with the target's sid in place of the recorded one.</summary>
    public static Uri For(Uri target, Uri recorded, string? sid, bool webSocket, LiveIds ids, TargetCredentials credentials)
    {
        var query = ids.ToLive(recorded.Query.Length > 0 ? credentials.InSocketQuery(recorded.Query) : "").TrimStart('?').Split('&')
            .Select(pair => sid is not null
                && pair.StartsWith("sid=", StringComparison.Ordinal) ? "sid=" + Uri.EscapeDataString(sid) : pair);
        var isSecure = target.Scheme is "https" or "wss";
        var scheme = (webSocket, isSecure) switch
        {
            (true, true) => "wss",
            (true, false) => "ws",
            (false, true) => "https",
            _ => "http",
        };
        return new Uri($"{scheme}://{target.Authority}{target.AbsolutePath.TrimEnd('/')}{recorded.AbsolutePath}{(recorded.Query.Length > 0 ? "?" + string.Join('&', query) : "")}");
    }

    public static HttpRequestMessage Request(HarEntry entry, Uri address, TargetCredentials credentials)
    {
        var request = new HttpRequestMessage(new HttpMethod(entry.Method), address);
        foreach (var header in Headers(entry, credentials))
        {
            request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }

        if (entry.Method is "POST" or "PUT" or "PATCH")
        {
            request.Content = new StringContent(entry.RequestBody ?? MadeUpBody(entry));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.TryParse(Header(entry, "content-type"), out var type)
                ? type
                : new MediaTypeHeaderValue("text/plain", "UTF-8");
        }

        return request;
    }

    /// <summary>The recorded headers that mean something to a server, and those that the target asks for.</summary>
    public static IEnumerable<HarHeader> Headers(HarEntry entry, TargetCredentials credentials) => credentials.OnHeaders(
        [.. entry.RequestHeaders.Where(static header => s_playedHeaders.Contains(header.Name, StringComparer.OrdinalIgnoreCase))]);

    // A recorder leaves out what is very large, and keeps its length.
    private static string MadeUpBody(HarEntry entry) =>
        int.TryParse(Header(entry, "content-length"), out var length) && length > 0 ? new string('x', Math.Min(length, MaxMadeUpBody)) : "";

    private static string? Header(HarEntry entry, string name) =>
        entry.RequestHeaders
            .Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            .Select(static header => header.Value)
            .FirstOrDefault();
}
