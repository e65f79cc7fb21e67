using Microsoft.AspNetCore.Http;

namespace Gateway.Agents.V1.Proxy;

/// <summary>
/// Who answers a request, V0 or V1: what only one of them has is that one's; what both have is V0's, unless the request says otherwise by
/// <see cref="Header"/> or comes below <see cref="Prefix"/>. The table for people is in docs/v1.md. Any thread.
/// </summary>
internal sealed class ProxyRoutes(KnownV0Routes v0)
{
    /// <summary>Says whose answer is wanted: <c>v0</c> or <c>v1</c>.</summary>
    public const string Header = "X-Gateway-Api";

    /// <summary>All of the V1 server stands below it, for clients that know a base address and no header.</summary>
    public const string Prefix = "/v1";

    /// <summary>What the V1 server itself has below <see cref="Prefix"/>: its OpenAI-compatible routes.</summary>
    private static readonly PathString[] s_ownBelowPrefix = ["/v1/models", "/v1/chat"];

    /// <summary>Outside of <c>/api</c>, paths that only V1 has. Its UI (<c>/static</c>) is reached below the prefix alone.</summary>
    private static readonly PathString[] s_onlyV1 = ["/sockets", "/ready", "/redoc", "/docs/oauth2-redirect"];

    /// <summary>V1's words where V0 has a conversation's id.</summary>
    private static readonly PathString[] s_notIds = ["/api/conversations/search", "/api/conversations/count"];

    /// <summary>Pages of V1's that ask for other paths of V1's without a word of whose they are.</summary>
    private static readonly PathString[] s_v1Pages = ["/v1/docs", "/v1/redoc", "/redoc"];

    public ApiChoice Choose(HttpRequest request)
    {
        var path = request.Path;
        if (path.StartsWithSegments(Prefix, out var below) && !s_ownBelowPrefix.Any(own => path.StartsWithSegments(own)))
        {
            return new ApiChoice(ApiVersion.V1, below.HasValue ? below : "/");
        }

        return new ApiChoice(AskedFor(request, out var version) ? version : ByPath(request), path);
    }

    /// <summary>True when the request itself says whose it is; the version is null when it names neither.</summary>
    private static bool AskedFor(HttpRequest request, out ApiVersion? version)
    {
        var asked = request.Headers[Header].ToString();
        version = asked.ToUpperInvariant() switch { "V0" => ApiVersion.V0, "V1" => ApiVersion.V1, _ => null };
        if (asked.Length > 0)
        {
            return true;
        }

        // A preflight is for a request that will have the header; nobody needs it to ask V0.
        if (IsPreflight(request) && request.Headers.AccessControlRequestHeaders.ToString().Split(',', StringSplitOptions.TrimEntries)
            .Contains(Header, StringComparer.OrdinalIgnoreCase))
        {
            version = ApiVersion.V1;
            return true;
        }

        if (IsFromV1Page(request))
        {
            version = ApiVersion.V1;
            return true;
        }

        return false;
    }

    private ApiVersion ByPath(HttpRequest request)
    {
        var path = request.Path;
        if (s_onlyV1.Any(own => path.StartsWithSegments(own)) || path.StartsWithSegments(Prefix))
        {
            return ApiVersion.V1;
        }

        if (!path.StartsWithSegments("/api") || path.StartsWithSegments("/api/gateway"))
        {
            return ApiVersion.V0;
        }

        var method = IsPreflight(request) ? request.Headers.AccessControlRequestMethod.ToString() : request.Method;
        return v0.Knows(method, path) && !(HttpMethods.IsGet(method) && s_notIds.Contains(path)) ? ApiVersion.V0 : ApiVersion.V1;
    }

    private static bool IsPreflight(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.AccessControlRequestMethod.Count > 0;

    /// <summary>The documentation pages of this very origin; any other page's address says nothing.</summary>
    private static bool IsFromV1Page(HttpRequest request) =>
        request.Headers.Referer is [{ Length: > 0 } text]
        && Uri.TryCreate(text, UriKind.Absolute, out var page)
        && string.Equals(page.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase)
        && new PathString(page.AbsolutePath).StartsWithSegments(request.PathBase, out var path)
        && s_v1Pages.Contains(path);
}
