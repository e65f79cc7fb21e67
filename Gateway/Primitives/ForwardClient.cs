using System.Diagnostics;
using System.Net;

using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Primitives;

/// <summary>Connections over which requests are handed on as they are, by YARP. Stateless.</summary>
internal static class ForwardClient
{
    /// <summary>The caller owns it.</summary>
    /// <param name="connectTimeout">For a machine that is not there: such a one does not even refuse.</param>
    public static HttpMessageInvoker Create(TimeSpan connectTimeout) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current),
        ConnectTimeout = connectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    });
}
