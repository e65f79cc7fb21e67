using Gateway.Agents.V1.Upstream;
using Gateway.Primitives;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Gateway.Agents.V1.Proxy;

/// <summary>Where requests go: the V1 server of the settings, and each request's address there. Immutable; any thread.</summary>
internal sealed class ProxyTarget(IOptions<V1Options> options)
{
    public V1Endpoint Server { get; } = V1Endpoint.Create(options.Value.BaseUrl ?? "", options.Value.SessionApiKey);

    /// <summary>A request's address; null when it would leave the server's own.</summary>
    public Uri? AddressOf(HttpContext context, ApiChoice choice, KeyExchange? exchange, bool isSocket)
    {
        var query = context.Request.QueryString.Value ?? "";
        query = exchange?.Query(query, isSocket) ?? query;
        return ForwardAddress.Of(context, Server.BaseUrl, choice.Path, PrefixOf(context.Request, choice), query);
    }

    /// <summary>What stands before V1's own path in the address that the client knows.</summary>
    public static string PrefixOf(HttpRequest request, ApiChoice choice) =>
        request.PathBase.Value + (choice.Path == request.Path ? "" : ProxyRoutes.Prefix);
}
