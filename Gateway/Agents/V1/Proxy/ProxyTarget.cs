using Gateway.Agents.V1.Upstream;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Gateway.Agents.V1.Proxy;

/// <summary>Where requests go: the V1 server of the settings, and each request's address there. Immutable; any thread.</summary>
internal sealed class ProxyTarget(IOptions<V1Options> options)
{
    public V1Endpoint Server { get; } = V1Endpoint.Create(options.Value.BaseUrl ?? "", options.Value.SessionApiKey);

    /// <summary>
    /// A request's address: its path, in the spelling in which it came where that matters (<c>%2F</c>), below the server's own; null when
    /// it would leave that.
    /// </summary>
    public Uri? AddressOf(HttpContext context, ApiChoice choice, KeyExchange? exchange, bool isSocket)
    {
        var path = choice.Path.ToUriComponent();
        var prefix = PrefixOf(context.Request, choice);
        if (choice.Path.Value?.Contains('%', StringComparison.Ordinal) is true
            && context.Features.Get<IHttpRequestFeature>()?.RawTarget.Split('?')[0] is { } sent
            && sent.StartsWith(prefix + "/", StringComparison.Ordinal))
        {
            path = sent[prefix.Length..];
        }

        var query = context.Request.QueryString.Value ?? "";
        query = exchange?.Query(query, isSocket) ?? query;
        return Uri.TryCreate($"{Server.BaseUrl.AbsoluteUri.TrimEnd('/')}{path}{query}", UriKind.Absolute, out var address)
            && address.AbsolutePath.StartsWith(Server.BaseUrl.AbsolutePath, StringComparison.Ordinal)
            ? address
            : null;
    }

    /// <summary>What stands before V1's own path in the address that the client knows.</summary>
    public static string PrefixOf(HttpRequest request, ApiChoice choice) =>
        request.PathBase.Value + (choice.Path == request.Path ? "" : ProxyRoutes.Prefix);
}
