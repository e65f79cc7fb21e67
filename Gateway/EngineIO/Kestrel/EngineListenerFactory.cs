using System.Buffers;
using System.Net;
using System.Net.Sockets;

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Gateway.EngineIO.Kestrel;

/// <summary>
/// Kestrel's socket transport, whose connections are <see cref="DeferredConnection"/>s, and with a <see cref="DescriptorGuard"/> between
/// its listeners and Kestrel. It binds what Kestrel's own binds, with the same settings (<see cref="SocketTransportOptions"/>). One
/// instance for the process; any thread.
/// </summary>
internal sealed partial class EngineListenerFactory(IServiceProvider services)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly SocketTransportFactory _sockets = ActivatorUtilities.CreateInstance<SocketTransportFactory>(services);

    public bool CanBind(EndPoint endpoint) => _sockets.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        // Not before: Kestrel is made, and this with it, when nobody has checked the settings yet.
        var guard = services.GetRequiredService<DescriptorGuard>();
        var options = services.GetRequiredService<IOptions<SocketTransportOptions>>().Value;
        var socket = await services.GetRequiredService<ListenSockets>()
            .BindAsync(endpoint, address => Listen(address, options), cancellationToken);
        return new Listener(
            socket, options, services.GetRequiredService<IMemoryPoolFactory<byte>>().Create(), guard,
            services.GetRequiredService<ILoggerFactory>());
    }

    private static Socket Listen(EndPoint endpoint, SocketTransportOptions options)
    {
        try
        {
            var socket = options.CreateBoundListenSocket(endpoint);
            try
            {
                UnsentBytes.Limit(socket, UnsentBytes.OfEach);
                socket.Listen(options.Backlog);
                return socket;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            // The type by which Kestrel, and a host that starts, know this mistake.
            throw new AddressInUseException(exception.Message, exception);
        }
        catch (SocketException exception)
        {
            // The system does not say which address it was, and there may be several.
            throw new SocketException(exception.ErrorCode, $"{endpoint}: {exception.Message}");
        }
    }

    /// <summary>One address. Kestrel calls every member, and accepts one connection at a time.</summary>
    private sealed partial class Listener : IConnectionListener, IMemoryPoolFeature
    {
        private readonly Socket _socket;
        private readonly SocketConnectionContextFactory _connections;
        private readonly DescriptorGuard _guard;
        private readonly bool _noDelay;
        private readonly ILogger _logger;

        public Listener(
            Socket socket,
            SocketTransportOptions options,
            MemoryPool<byte> memoryPool,
            DescriptorGuard guard,
            ILoggerFactory loggerFactory)
        {
            _socket = socket;
            MemoryPool = memoryPool;
            _guard = guard;
            _noDelay = options.NoDelay && socket.LocalEndPoint is IPEndPoint;
            _logger = loggerFactory.CreateLogger<EngineListenerFactory>();
            EndPoint = socket.LocalEndPoint ?? throw new ArgumentException("The socket is not bound.", nameof(socket));
            _connections = new SocketConnectionContextFactory(
                new SocketConnectionFactoryOptions
                {
                    IOQueueCount = options.IOQueueCount,
                    MaxReadBufferSize = options.MaxReadBufferSize,
                    MaxWriteBufferSize = options.MaxWriteBufferSize,
                    UnsafePreferInlineScheduling = options.UnsafePreferInlineScheduling,
                    WaitForDataBeforeAllocatingBuffer = options.WaitForDataBeforeAllocatingBuffer,
                },
                loggerFactory.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));
        }

        public EndPoint EndPoint { get; }

        /// <summary>
        /// What HTTP takes its buffers from. Without it each connection of a factory for sockets has the shared pool, which gives empty
        /// buffers where HTTP expects blocks.
        /// </summary>
        public MemoryPool<byte> MemoryPool { get; }

        /// <summary>Closes what the guard does not admit before it accepts the next one. Null once it is unbound.</summary>
        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                try
                {
                    var accepted = await _socket.AcceptAsync(cancellationToken);
                    if (!_guard.Admits(accepted.Handle))
                    {
                        accepted.Close(timeout: 0);
                        continue;
                    }

                    if (_noDelay)
                    {
                        accepted.NoDelay = true;
                    }

                    return new DeferredConnection(accepted, _connections, this);
                }
                catch (Exception exception) when (exception is ObjectDisposedException
                    or SocketException { SocketErrorCode: SocketError.OperationAborted })
                {
                    return null;
                }
                catch (SocketException exception)
                {
                    // Reset before it was accepted.
                    Log.NotAccepted(_logger, exception.SocketErrorCode);
                }
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _socket.Dispose();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            _socket.Dispose();
            _connections.Dispose();
            MemoryPool.Dispose();
            return ValueTask.CompletedTask;
        }

        private static partial class Log
        {
            [LoggerMessage(1, LogLevel.Debug, "A connection was not accepted: {Error}.")]
            public static partial void NotAccepted(ILogger logger, SocketError error);
        }
    }
}
