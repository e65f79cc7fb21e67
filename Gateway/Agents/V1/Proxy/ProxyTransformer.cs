using System.Net.Http.Headers;

using Gateway.Agents.V1.Upstream;
using Gateway.Primitives;

using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Agents.V1.Proxy;

/// <summary>
/// One request as the V1 server gets it, and its answer as the client gets it: both as they are but for the address, the key, and the
/// headers that say where it came from (as deploy/nginx.conf sets them). Belongs to one request.
/// </summary>
internal sealed class ProxyTransformer(Uri address, string prefix, ProxyAdmission admission) : ForwardTransformer
{
    /// <summary>Where the request goes.</summary>
    public Uri Address => address;

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        var request = httpContext.Request;
        var headers = proxyRequest.Headers;
        proxyRequest.RequestUri = address;

        // Behind TLS the name is the server's own: its certificate, and whoever stands before it, know no other.
        headers.Host = address.Scheme == Uri.UriSchemeHttps ? null : request.Host.Value;
        ForwardedOrigin.Write(httpContext, headers);
        headers.Remove(ProxyRoutes.Header);
        if (admission.MayShowKeyLater)
        {
            // A compressed message could not be read on its way.
            headers.Remove(HeaderNames.SecWebSocketExtensions);
        }

        if (admission.Exchange is { } exchange)
        {
            Exchange(headers, V1RestClient.KeyHeader, exchange.KeyHeader);
            Exchange(headers, HeaderNames.Authorization, exchange.Authorization);
            Exchange(headers, HeaderNames.Cookie, exchange.CookieHeader);
        }
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var isCopied = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        var headers = httpContext.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        if (headers.SetCookie.Count > 0)
        {
            headers.SetCookie = headers.SetCookie.OfType<string>()
                .Select(cookie => admission.Exchange?.SetCookie(cookie) ?? cookie)
                .Select(cookie => prefix.Length == 0
                    ? cookie
                    : cookie.Replace("; Path=/", $"; Path={prefix}/", StringComparison.OrdinalIgnoreCase))
                .ToArray();
        }

        return isCopied;
    }

    private static void Exchange(HttpRequestHeaders headers, string name, Func<string, string?> exchange)
    {
        if (!headers.NonValidated.TryGetValues(name, out var sent))
        {
            return;
        }

        var values = sent.ToArray();
        headers.Remove(name);
        headers.TryAddWithoutValidation(name, values.Select(exchange).OfType<string>().Where(static value => value.Length > 0));
    }
}
