using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tools.Shadow.Forward;

/// <summary>
/// Accepts V0's clients and runs one <see cref="ForwardedConnection"/> for each. Started and disposed by one owner; its connections end
/// with it.
/// </summary>
internal sealed class ShadowListener(IPEndPoint address, Uri server, TapQueue taps, ShadowCounters counters, ShadowNotes notes)
    : IAsyncDisposable
{
    private const int Backlog = 4096;

    // Out of descriptors, say: they come back when connections end.
    private static readonly TimeSpan s_acceptRetryDelay = TimeSpan.FromMilliseconds(50);

    private readonly Socket _socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<int, Task> _connections = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _accepting = Task.CompletedTask;
    private IPEndPoint? _bound;
    private int _number;

    /// <summary>Where it listens, once started.</summary>
    public IPEndPoint Address => _bound ?? address;

    /// <exception cref="SocketException">The address cannot be listened on.</exception>
    public void Start()
    {
        _socket.Bind(address);
        _socket.Listen(Backlog);
        _bound = (IPEndPoint?)_socket.LocalEndPoint;
        _accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        await _accepting;
        await Task.WhenAll(_connections.Values);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Serve(await _socket.AcceptAsync(_stop.Token));
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                await Task.WhenAny(Task.Delay(s_acceptRetryDelay, _stop.Token));
            }
        }
    }

    private void Serve(Socket client)
    {
        var number = ++_number;
        counters.ConnectionOpened();
        var running = RunAsync(client, number);
        _connections[number] = running;
        if (running.IsCompleted)
        {
            _connections.TryRemove(number, out _);
        }
    }

    private async Task RunAsync(Socket client, int number)
    {
        try
        {
            var end = await new ForwardedConnection(client, server, new WireTap(taps, number), counters).RunAsync(_stop.Token);
            notes.Ended(end);
        }
        finally
        {
            counters.ConnectionClosed();
            _connections.TryRemove(number, out _);
        }
    }
}
