using System.Buffers;
using System.Net.Sockets;

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Gateway.EngineIO.Listening;

/// <summary>
/// Makes sockets into connections of the server, as the server's own listeners would with these settings. Owned by one listener; any thread.
/// </summary>
internal sealed class ServerConnections : IMemoryPoolFeature, IDisposable
{
    private readonly SocketConnectionContextFactory _factory;

    public ServerConnections(SocketTransportOptions options, IMemoryPoolFactory<byte> pools, ILogger logger)
    {
        var settings = new SocketConnectionFactoryOptions
        {
            IOQueueCount = options.IOQueueCount,
            MaxReadBufferSize = options.MaxReadBufferSize,
            MaxWriteBufferSize = options.MaxWriteBufferSize,
            UnsafePreferInlineScheduling = options.UnsafePreferInlineScheduling,
            WaitForDataBeforeAllocatingBuffer = options.WaitForDataBeforeAllocatingBuffer,
        };
        _factory = new SocketConnectionContextFactory(settings, logger);
        MemoryPool = pools.Create();
    }

    /// <summary>The server needs the pool that it made: the factory's own gives blocks of no size to who names none.</summary>
    public MemoryPool<byte> MemoryPool { get; }

    public ConnectionContext Create(Socket socket)
    {
        var connection = _factory.Create(socket);
        connection.Features.Set<IMemoryPoolFeature>(this);
        return connection;
    }

    public void Dispose()
    {
        _factory.Dispose();
        MemoryPool.Dispose();
    }
}
