using System.Net;
using System.Net.Sockets;

using Gateway.EngineIO.Sessions;
using Gateway.EngineIO.Transports;

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Gateway.EngineIO.Listening;

/// <summary>
/// Makes the server's TCP listeners, so that a WebSocket can be served on its socket alone: behind an HTTP request, an idle client costs
/// several times as much memory. One instance for the process; any thread.
/// </summary>
internal sealed class EngineListenerFactory(
    IServiceProvider provider, IMemoryPoolFactory<byte> pools, IConfiguration configuration, IOptions<SocketTransportOptions> options)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly SocketTransportOptions _options = options.Value;

    /// <summary>A host that looks at hosts or forwarded addresses before its endpoints do must see every request.</summary>
    public bool CanBind(EndPoint endpoint) =>
        endpoint is IPEndPoint
        && configuration["AllowedHosts"] is null or "" or "*"
        && !configuration.GetValue<bool>("ForwardedHeaders_Enabled");

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket socket;
        try
        {
            socket = _options.CreateBoundListenSocket(endpoint);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(exception.Message, exception);
        }

        socket.Listen(_options.Backlog);
        var bound = socket.LocalEndPoint as IPEndPoint ?? throw new InvalidOperationException("A bound socket has an address.");

        // Not before: the server is made, and this with it, when nobody has checked the settings yet.
        var services = provider.GetRequiredService<EngineServices>();
        var port = new PlainPort(bound.Port, provider.GetRequiredService<IServer>);
        var sorter = new ConnectionSorter(provider.GetRequiredService<EndpointMap>(), port, services);
        var logger = services.CreateLogger<EngineListener>();
        var connections = new ServerConnections(_options, pools, logger);
        var listener = new EngineListener(socket, sorter, connections, _options.NoDelay, services.Time, logger);
        listener.Start();
        return ValueTask.FromResult<IConnectionListener>(listener);
    }
}
