using Gateway.Agents.V1.Upstream;

namespace Gateway.Agents.V1.Proxy;

/// <summary>
/// Puts the V1 server's key where a caller has shown the gateway's, wherever V1 looks for one, and the other way round where V1 gives its
/// key out. What else a caller brings is V1's affair and stays as it is. Immutable; holds secrets: never log it.
/// </summary>
internal sealed class KeyExchange(string shown, string? v1Key)
{
    public const string Parameter = "session_api_key";

    /// <summary>V1's cookie for the files of a workspace, by which pages show them. Its value is the key itself.</summary>
    public const string Cookie = "oh_workspace_session_key";

    private const string Bearer = "Bearer ";

    /// <summary>Every key that a request shows in one of the places that V1 looks at.</summary>
    public static IEnumerable<string> ShownKeys(HttpRequest request)
    {
        string?[] keys =
        [
            .. request.Headers[V1RestClient.KeyHeader],
            .. request.Query[Parameter],
            .. request.Headers.Authorization.Where(IsBearer).Select(static value => value?[Bearer.Length..].Trim()),
            request.Cookies[Cookie],
        ];
        return keys.OfType<string>().Where(static key => key.Length > 0).Distinct(StringComparer.Ordinal);
    }

    /// <summary>The value of a key header; null when it is to be left out.</summary>
    public string? KeyHeader(string value) => value == shown ? v1Key : value;

    /// <summary>The value of an Authorization header; null when it is to be left out.</summary>
    public string? Authorization(string value) =>
        !IsBearer(value) || value[Bearer.Length..].Trim() != shown ? value : v1Key is null ? null : Bearer + v1Key;

    /// <summary>A query as it was sent, question mark included, or none. V1 takes a key from it for sockets alone, and logs it.</summary>
    public string Query(string query, bool isSocket)
    {
        var pairs = query.TrimStart('?').Split('&')
            .Select(pair => Pair(pair, isSocket ? v1Key : null))
            .OfType<string>()
            .Where(static pair => pair.Length > 0)
            .ToList();
        return pairs.Count == 0 ? "" : $"?{string.Join('&', pairs)}";
    }

    /// <summary>The value of a Cookie header.</summary>
    public string CookieHeader(string value) => string.Join("; ", value.Split(';', StringSplitOptions.TrimEntries)
        .Select(one => IsShownCookie(one) ? v1Key is null ? null : $"{Cookie}={v1Key}" : one)
        .OfType<string>());

    /// <summary>The value of a Set-Cookie header of V1's: its key becomes what the caller has shown.</summary>
    public string SetCookie(string value)
    {
        if (!value.StartsWith(Cookie + "=", StringComparison.Ordinal))
        {
            return value;
        }

        var end = value.IndexOf(';', StringComparison.Ordinal);
        var given = value[(Cookie.Length + 1)..(end < 0 ? value.Length : end)].Trim('"');
        return given.Length == 0 ? value : $"{Cookie}={Uri.EscapeDataString(shown)}{(end < 0 ? "" : value[end..])}";
    }

    /// <summary>The caller's cookie as <see cref="SetCookie"/> has written it.</summary>
    private bool IsShownCookie(string cookie) =>
        cookie.StartsWith(Cookie + "=", StringComparison.Ordinal)
        && Uri.UnescapeDataString(cookie[(Cookie.Length + 1)..].Trim('"')) == shown;

    private string? Pair(string pair, string? key)
    {
        var equals = pair.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 || Decode(pair[..equals]) != Parameter || Decode(pair[(equals + 1)..]) != shown ? pair
            : key is null ? null
            : $"{Parameter}={Uri.EscapeDataString(key)}";
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private static bool IsBearer(string? value) => value?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) is true;
}
