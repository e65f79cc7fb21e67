using System.Text;

using Gateway.Tools.Har;
using Gateway.Tools.Verify.Rest;

namespace Gateway.Tools.Verify.Play;

/// <summary>Makes a recorded call into a request to a target: path and body as they were sent, but for ids and keys. Pure.</summary>
internal static class RestRequest
{
    // What belongs to the connection, or is made anew. A compressed answer says nothing more.
    private static readonly HashSet<string> s_left = new(StringComparer.OrdinalIgnoreCase)
    {
        "host", "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection", "content-length",
        "accept-encoding", "content-type", "expect",
    };

    public static HttpRequestMessage Make(HarEntry entry, Uri target, LiveIds ids, TargetCredentials credentials)
    {
        var query = entry.RawTarget.IndexOf('?', StringComparison.Ordinal);
        var path = ids.ToLive(query < 0 ? entry.RawTarget : entry.RawTarget[..query]);
        var address = $"{target.Scheme}://{target.Authority}{target.AbsolutePath.TrimEnd('/')}{path}"
            + (query < 0 ? "" : ids.ToLive(credentials.InQuery(entry.RawTarget[query..])));

        // `..`, `%2F` and the like are what some calls are about.
        var raw = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        var request = new HttpRequestMessage(new HttpMethod(entry.Method), new Uri(address, raw));
        var headers = credentials.OnHeaders(entry.RequestHeaders)
            .Where(static header => header.Name is not [':', ..] && !s_left.Contains(header.Name));
        foreach (var header in headers)
        {
            request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }

        if (entry.RequestBody is not null || entry.Method is "POST" or "PUT" or "PATCH")
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(ids.ToLive(entry.RequestBody ?? "")));
            if (entry.RequestHeader("content-type") is { } type)
            {
                request.Content.Headers.TryAddWithoutValidation("content-type", type);
            }
        }

        return request;
    }
}
