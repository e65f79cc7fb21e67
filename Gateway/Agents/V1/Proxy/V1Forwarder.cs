using Gateway.Primitives;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Agents.V1.Proxy;

/// <summary>Carries requests to the V1 server and its answers back. Owns the connections to it; any thread.</summary>
internal sealed class V1Forwarder(
    IHttpForwarder forwarder, IOptions<V1Options> options, IHostApplicationLifetime lifetime, TimeProvider timeProvider,
    ILogger<V1Forwarder> logger) : IDisposable
{
    private readonly ForwardedServer _server = new("V1", options.Value.ProxyTimeout, forwarder, lifetime, timeProvider, logger);

    public async Task ForwardAsync(HttpContext context, ProxyTransformer transformer, bool isSocket)
    {
        if (await _server.ForwardAsync(context, transformer.Address, transformer, isSocket) is { } status)
        {
            await ProxyAnswer.WriteAsync(context, status, status switch
            {
                StatusCodes.Status502BadGateway => "The V1 server cannot be reached",
                StatusCodes.Status504GatewayTimeout => "The V1 server has not answered in time",
                _ => "The V1 server is not available",
            });
        }
    }

    public void Dispose() => _server.Dispose();
}
