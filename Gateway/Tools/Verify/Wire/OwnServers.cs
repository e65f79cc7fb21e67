using Gateway.Tools.Har;

namespace Gateway.Tools.Verify.Wire;

/// <summary>
/// The servers that a recording is about: those of its sockets, or without any the one that most calls went to. A browser's recording holds
/// what the page asked elsewhere as well. Immutable.
/// </summary>
internal sealed class OwnServers
{
    private readonly HashSet<string> _authorities;

    private OwnServers(IEnumerable<string> authorities) => _authorities = [.. authorities];

    public static OwnServers Of(SocketRecordings recordings)
    {
        var sockets = recordings.Sessions.Select(static session => session.Opening).Concat(recordings.UnmatchedRequests)
            .Select(static entry => Authority(entry.Url))
            .ToList();
        if (sockets.Count > 0)
        {
            return new OwnServers(sockets);
        }

        // V0's routes first: a page of nothing but analytics would outnumber them.
        var most = recordings.OtherRequests
            .Where(static entry => entry.Url.Scheme is "http" or "https")
            .GroupBy(static entry => Authority(entry.Url))
            .OrderByDescending(static group =>
                group.Count(static entry => entry.Url.AbsolutePath.StartsWith("/api/", StringComparison.Ordinal)))
            .ThenByDescending(static group => group.Count())
            .Select(static group => group.Key)
            .FirstOrDefault();
        return new OwnServers(most is null ? [] : [most]);
    }

    public bool Has(HarEntry entry) => entry.Url.Scheme is "http" or "https" && _authorities.Contains(Authority(entry.Url));

    // One machine's two names are one server's.
    private static string Authority(Uri url) => url.IsLoopback ? $"localhost:{url.Port}" : url.Authority.ToLowerInvariant();
}
