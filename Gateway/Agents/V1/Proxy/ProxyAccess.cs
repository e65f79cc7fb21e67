using Gateway.Access;

using Microsoft.AspNetCore.Http;

namespace Gateway.Agents.V1.Proxy;

/// <summary>How a request goes to the V1 server. Immutable.</summary>
/// <param name="IsRefused">It does not go there.</param>
/// <param name="Exchange">What becomes of the gateway's key that it shows; null when it shows none, and goes as it is.</param>
/// <param name="MayShowKeyLater">A socket without a key: V1 takes one as the first message, and that may be the gateway's.</param>
internal readonly record struct ProxyAdmission(bool IsRefused, KeyExchange? Exchange, bool MayShowKeyLater);

/// <summary>
/// Decides whose key a request for the V1 server has. The V1 server's own key goes with a request that shows the gateway's session key, and
/// with no other: not where the gateway asks for none, because then nobody has shown it. A request with another key, or none, goes as it
/// is, and V1 judges it; but where V1 has no key to ask for, the gateway's is asked for here. Any thread.
/// </summary>
internal sealed class ProxyAccess(IAccessPolicy policy, ProxyTarget target)
{
    private const string PolicyHeader = "x-session-api-key";

    /// <summary>What V1 tells everybody, key or not.</summary>
    private static readonly PathString[] s_open = ["/alive", "/health", "/ready", "/server_info"];

    /// <param name="path">The path at the V1 server.</param>
    public async ValueTask<ProxyAdmission> JudgeAsync(HttpContext context, PathString path, bool isSocket)
    {
        if (await AdmitsAsync(context, null))
        {
            return default;
        }

        var showsAny = false;
        foreach (var key in KeyExchange.ShownKeys(context.Request))
        {
            showsAny = true;
            if (await AdmitsAsync(context, key))
            {
                return new ProxyAdmission(false, new KeyExchange(key, target.Server.SessionApiKey), false);
            }
        }

        return target.Server.SessionApiKey is not null ? new ProxyAdmission(false, null, isSocket && !showsAny)
            : new ProxyAdmission(!s_open.Contains(path) && !IsPreflight(context.Request), null, false);
    }

    /// <summary>V1's key for one that came in a socket's first message; null when that is not the gateway's.</summary>
    public async ValueTask<string?> ExchangeAsync(HttpContext context, string key) =>
        target.Server.SessionApiKey is { } v1Key && await AdmitsAsync(context, key) ? v1Key : null;

    // A preflight shows no key; V1 answers it and does nothing else.
    private static bool IsPreflight(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.AccessControlRequestMethod.Count > 0;

    /// <summary>Whether the gateway's policy lets in who shows this key, or none, to do everything: V1's routes can do it.</summary>
    private async ValueTask<bool> AdmitsAsync(HttpContext context, string? key)
    {
        var decision = await policy.DecideAsync(
            new AccessRequest
            {
                Channel = AccessChannel.Http,
                Path = context.Request.Path.Value ?? "/",
                Query = QueryCollection.Empty,
                Headers = key is null ? [] : new Dictionary<string, string>(StringComparer.Ordinal) { [PolicyHeader] = key },
                RemoteAddress = context.Connection.RemoteIpAddress,
            },
            context.RequestAborted);
        return decision.Require(AccessRights.All).Caller is not null;
    }
}
