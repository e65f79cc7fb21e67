using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

using Microsoft.AspNetCore.Connections;

namespace Gateway.EngineIO.Listening;

/// <summary>
/// Accepts the connections of one address: those that are WebSockets it has served, the others it gives to the server. Owned by the
/// server, which calls every member; the connections served here end with their sessions.
/// </summary>
internal sealed partial class EngineListener : IConnectionListener
{
    // As long as the sessions need to say goodbye, and not longer than a stopping host waits.
    private static readonly TimeSpan s_goodbyeLimit = TimeSpan.FromSeconds(10);

    // The server has its own patience with clients that connect and say nothing.
    private static readonly TimeSpan s_firstBytesLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_breath = TimeSpan.FromMilliseconds(50);

    private readonly Socket _listening;
    private readonly ConnectionSorter _sorter;
    private readonly ServerConnections _connections;
    private readonly bool _noDelay;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    // When the server does not take them, connections wait here, and then unread: who waits has not been promised anything.
    private readonly Channel<Socket> _forServer = Channel.CreateBounded<Socket>(1_024);
    private readonly TaskCompletionSource _allEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The connections served here, and one more until the listener is disposed of.
    private int _open = 1;

    public EngineListener(
        Socket listening, ConnectionSorter sorter, ServerConnections connections, bool noDelay, TimeProvider time, ILogger logger)
    {
        _listening = listening;
        _sorter = sorter;
        _connections = connections;
        _noDelay = noDelay;
        _time = time;
        _logger = logger;
        EndPoint = listening.LocalEndPoint ?? throw new ArgumentException("Not bound.", nameof(listening));
    }

    public EndPoint EndPoint { get; }

    // Unsafe: what flows with the call that starts the server would be kept by every connection.
    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(static listener => _ = listener.AcceptLoopAsync(), this, preferLocal: false);

    /// <summary>The next connection that is the server's; null when there will be none.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _forServer.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_forServer.Reader.TryRead(out var socket))
            {
                return _connections.Create(socket);
            }
        }

        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _listening.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Waits for the goodbyes of the connections served here: the sessions have been ended by now.</summary>
    public async ValueTask DisposeAsync()
    {
        _listening.Dispose();
        Ended();
        try
        {
            await _allEnded.Task.WaitAsync(s_goodbyeLimit);
        }
        catch (TimeoutException)
        {
            Log.GaveUp(_logger);
        }

        _connections.Dispose();
    }

    private async Task AcceptLoopAsync()
    {
        while (true)
        {
            try
            {
                var socket = await _listening.AcceptAsync(CancellationToken.None);
                ThreadPool.UnsafeQueueUserWorkItem(
                    static work => _ = work.Listener.SortAsync(work.Socket), (Listener: this, Socket: socket), preferLocal: false);
            }
            catch (Exception exception) when (exception is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                // Unbound.
                _forServer.Writer.TryComplete();
                return;
            }
            catch (SocketException exception)
            {
                // A connection reset before it was accepted; or no file descriptors, which come back when connections end.
                Log.AcceptFailed(_logger, exception.SocketErrorCode);
                await Task.Delay(s_breath);
            }
        }
    }

    private async Task SortAsync(Socket socket)
    {
        try
        {
            socket.NoDelay = _noDelay;
            if (await HasArrivedAsync(socket) && _sorter.TryServe(socket) is { } serving)
            {
                Interlocked.Increment(ref _open);
                _ = EndAsync(socket, serving);
            }
            else
            {
                await _forServer.Writer.WriteAsync(socket);
            }
        }
        catch (Exception exception) when (exception is SocketException or ChannelClosedException)
        {
            // Reset by the client, or too late: the server takes no more.
            socket.Dispose();
        }
        catch (Exception exception)
        {
            Log.Failed(_logger, exception);
            socket.Dispose();
        }
    }

    /// <summary>False when the client has said nothing within the time for it, or has gone.</summary>
    private async ValueTask<bool> HasArrivedAsync(Socket socket)
    {
        if (socket.Available == 0)
        {
            try
            {
                // Not cancelled: the socket would keep what cancels it. The server's own reading waits behind this one.
                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).AsTask().WaitAsync(s_firstBytesLimit, _time);
            }
            catch (TimeoutException)
            {
                return false;
            }
        }

        return socket.Available > 0;
    }

    private async Task EndAsync(Socket socket, Task serving)
    {
        try
        {
            await serving;
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The client was faster, or was cut off.
        }
        catch (Exception exception)
        {
            Log.Failed(_logger, exception);
        }
        finally
        {
            socket.Dispose();
            Ended();
        }
    }

    private void Ended()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _allEnded.TrySetResult();
        }
    }
}
