using Gateway.Primitives;

namespace Gateway.Agents.V1.Proxy;

/// <summary>The connections to the V1 server over which requests are passed through. One for the process; any thread.</summary>
internal sealed class ProxyConnections : IDisposable
{
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(5);

    public HttpMessageInvoker Invoker { get; } = ForwardClient.Create(s_connectTimeout);

    public void Dispose() => Invoker.Dispose();
}
