using System.Net;
using System.Net.Sockets;

using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Gateway.EngineIO.Kestrel;

/// <summary>
/// The sockets that the process listens with. They can be closed before the connections that came by them end, so that the next process
/// may listen on the same addresses. One instance for the process; any thread.
/// </summary>
internal sealed partial class ListenSockets(IOptions<EngineOptions> options, TimeProvider timeProvider, ILogger<ListenSockets> logger)
{
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private readonly List<(Socket Socket, EndPoint EndPoint)> _sockets = [];

    /// <summary>
    /// Binds an address. One that is in use is tried again until <see cref="EngineOptions.HandOverTime"/> is over.
    /// </summary>
    /// <exception cref="AddressInUseException">It is still in use.</exception>
    public async ValueTask<Socket> BindAsync(EndPoint endPoint, Func<EndPoint, Socket> bind, CancellationToken cancellationToken)
    {
        var began = timeProvider.GetTimestamp();
        for (var tries = 0; ; tries++)
        {
            try
            {
                return Add(bind(endPoint));
            }
            catch (AddressInUseException) when (timeProvider.GetElapsedTime(began) < options.Value.HandOverTime)
            {
                if (tries == 0)
                {
                    Log.Waits(logger, endPoint, options.Value.HandOverTime);
                }

                await Task.Delay(s_lookInterval, timeProvider, cancellationToken);
            }
        }
    }

    /// <summary>Nobody new comes in from now on; connections stay.</summary>
    public void Close()
    {
        lock (_lock)
        {
            foreach (var (socket, _) in _sockets)
            {
                StopListening(socket);
                socket.Dispose();
            }
        }
    }

    /// <summary>
    /// For whoever else has its descriptor as well: a program that is just being started has it until it becomes another one, and would
    /// answer in the next process's place.
    /// </summary>
    private static void StopListening(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Closed already, or of a system that shuts connections down alone.
        }
    }

    /// <summary>
    /// After <see cref="Close"/>: completes with true when another process listens on all of the addresses, with false when
    /// <see cref="EngineOptions.HandOverTime"/> is over before that.
    /// </summary>
    public async Task<bool> TakenOverAsync(CancellationToken cancellationToken)
    {
        EndPoint[] addresses;
        lock (_lock)
        {
            addresses = [.. _sockets.Select(static one => one.EndPoint)];
        }

        using var end = new CancellationTokenSource(options.Value.HandOverTime, timeProvider);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        try
        {
            foreach (var address in addresses)
            {
                while (!await AnswersAsync(address, limit.Token))
                {
                    await Task.Delay(s_lookInterval, timeProvider, limit.Token);
                }
            }

            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nobody has come.
            return false;
        }
    }

    private static async ValueTask<bool> AnswersAsync(EndPoint address, CancellationToken cancellationToken)
    {
        var reached = address switch
        {
            IPEndPoint { Port: var port } any when any.Address.Equals(IPAddress.Any) => new IPEndPoint(IPAddress.Loopback, port),
            IPEndPoint { Port: var port } any when any.Address.Equals(IPAddress.IPv6Any) => new IPEndPoint(IPAddress.IPv6Loopback, port),
            _ => address,
        };
        try
        {
            using var socket = new Socket(
                reached.AddressFamily, SocketType.Stream, reached is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
            await socket.ConnectAsync(reached, cancellationToken);

            // A port that the system may give to a client can be given to this one, which then has reached itself.
            return reached is not IPEndPoint || !Equals(socket.LocalEndPoint, socket.RemoteEndPoint);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private Socket Add(Socket socket)
    {
        lock (_lock)
        {
            _sockets.Add((socket, socket.LocalEndPoint ?? throw new ArgumentException("The socket is not bound.", nameof(socket))));
        }

        return socket;
    }

    private static partial class Log
    {
        [LoggerMessage(
            1, LogLevel.Information, "{Address} is in use; for {HandOverTime} this waits for the process that has it to listen no more.")]
        public static partial void Waits(ILogger logger, EndPoint address, TimeSpan handOverTime);
    }
}
