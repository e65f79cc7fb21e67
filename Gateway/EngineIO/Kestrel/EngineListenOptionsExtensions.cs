using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.EngineIO.Kestrel;

/// <summary>Puts Engine.IO at one of Kestrel's addresses.</summary>
internal static class EngineListenOptionsExtensions
{
    /// <summary>
    /// Serves plain WebSockets of the mapped endpoints without HTTP's cost for each connection. Every address has it by default; without
    /// it they are served all the same, through Kestrel's HTTP. What is used before it (TLS, the connection log) holds for these
    /// WebSockets; so do Kestrel's own limits, log and metrics. The default stands before a TLS that code adds, and leaves such an address
    /// to HTTP, unless it calls this after <c>UseHttps</c>; <see cref="SecureAddresses"/> does that for the settings' addresses.
    /// </summary>
    public static ListenOptions UseEngineIO(this ListenOptions listen)
    {
        listen.Use(next => Create(listen, next));
        return listen;
    }

    /// <summary>Called as Kestrel binds the address, when its settings are complete.</summary>
    private static ConnectionDelegate Create(ListenOptions listen, ConnectionDelegate next)
    {
        var kestrel = listen.KestrelServerOptions;

        // An upgrade that Kestrel is to count must be Kestrel's.
        if (!listen.Protocols.HasFlag(HttpProtocols.Http1) || kestrel.Limits.MaxConcurrentUpgradedConnections is not null)
        {
            return next;
        }

        var middleware = new EngineConnectionMiddleware(
            next,
            kestrel.ApplicationServices.GetRequiredService<ConnectionDispatcher>(),
            kestrel.ApplicationServices.GetRequiredService<HeadDeadline>());

        // The name says whether TLS is used, here or further on. A request in the clear to such an address is for TLS to refuse.
        return listen.ToString()?.StartsWith("https:", StringComparison.Ordinal) is true
            ? connection => connection.Features.Get<ITlsHandshakeFeature>() is null
                ? next(connection)
                : middleware.OnConnectionAsync(connection)
            : middleware.OnConnectionAsync;
    }
}
