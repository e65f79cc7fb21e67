using Gateway.Primitives;

using Microsoft.AspNetCore.Http;

namespace Gateway.Agents.V0;

/// <summary>
/// One request as the V0 server gets it, and its answer as the client gets it: both as they are, but for the address and the headers that
/// say where the request came from (as deploy/nginx.conf sets them). Belongs to one request.
/// </summary>
/// <param name="address">Where it goes.</param>
/// <param name="mark">Of this gateway (<see cref="V0Server.PassedOnHeader"/>).</param>
internal sealed class V0Transformer(Uri address, string mark) : ForwardTransformer
{
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.RequestUri = address;

        // Behind TLS the name is the server's own: its certificate, and whoever stands before it, know no other.
        proxyRequest.Headers.Host = address.Scheme == Uri.UriSchemeHttps ? null : httpContext.Request.Host.Value;
        ForwardedOrigin.Write(httpContext, proxyRequest.Headers);
        proxyRequest.Headers.TryAddWithoutValidation(V0Server.PassedOnHeader, mark);
    }

    public override ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        // What was set for an answer of our own gives way where V0 says something else.
        foreach (var name in proxyResponse?.Headers.Concat(proxyResponse.Content.Headers).Select(static header => header.Key) ?? [])
        {
            httpContext.Response.Headers.Remove(name);
        }

        return base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
    }
}
