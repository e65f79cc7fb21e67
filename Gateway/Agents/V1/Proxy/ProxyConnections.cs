using System.Diagnostics;
using System.Net;

using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Agents.V1.Proxy;

/// <summary>The connections to the V1 server over which requests are passed through. One for the process; any thread.</summary>
internal sealed class ProxyConnections : IDisposable
{
    // A server whose machine is not there does not even refuse.
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(5);

    public HttpMessageInvoker Invoker { get; } = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current),
        ConnectTimeout = s_connectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    });

    public void Dispose() => Invoker.Dispose();
}
