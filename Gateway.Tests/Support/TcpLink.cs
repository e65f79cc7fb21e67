using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tests.Support;

/// <summary>How one direction of a link passes bytes on, until the source ends or the token says so.</summary>
internal delegate Task LinkCopy(NetworkStream source, NetworkStream target, CancellationToken cancellationToken);

/// <summary>
/// A TCP link to a server: each connection that comes in at its port goes on to the target. It can be cut, as a network is, and may pass
/// bytes on in its own way. Its loops end with it. Any thread.
/// </summary>
internal sealed class TcpLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TcpClient, bool> _ends = new();
    private readonly string _host;
    private readonly int _targetPort;
    private readonly int? _bufferSize;
    private readonly LinkCopy _up;
    private readonly LinkCopy _down;
    private readonly Task _accepting;
    private volatile bool _isClosed;

    private TcpLink(string host, int targetPort, LinkCopy? up, LinkCopy? down, int? bufferSize)
    {
        (_host, _targetPort, _bufferSize) = (host, targetPort, bufferSize);
        (_up, _down) = (up ?? CopyAsync, down ?? CopyAsync);
        _listener.Server.SendBufferSize = bufferSize ?? _listener.Server.SendBufferSize;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Address => new($"http://127.0.0.1:{Port}/");

    /// <summary>Connections are accepted and closed at once. Those that there are stay: <see cref="Cut"/> ends them.</summary>
    public bool IsClosed
    {
        get => _isClosed;
        set => _isClosed = value;
    }

    /// <param name="up">How the client's bytes go to the server; null: at once.</param>
    /// <param name="down">How the server's bytes go to the client; null: at once.</param>
    /// <param name="bufferSize">Of the sockets on the server's way, in bytes; null: the system's.</param>
    public static TcpLink Start(string host, int targetPort, LinkCopy? up = null, LinkCopy? down = null, int? bufferSize = null) =>
        new(host, targetPort, up, down, bufferSize);

    /// <summary>Both ends of each connection are reset.</summary>
    public void Cut()
    {
        foreach (var end in _ends.Keys)
        {
            try
            {
                // One that has ended meanwhile has no socket any more.
                end.Client?.LingerState = new LingerOption(enable: true, seconds: 0);
                end.Close();
            }
            catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
            {
                // It ends this very moment.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting.WaitAsync(TestLimits.Step);
        _stop.Dispose();
    }

    private static Task CopyAsync(NetworkStream source, NetworkStream target, CancellationToken cancellationToken) =>
        source.CopyToAsync(target, cancellationToken);

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient { NoDelay = true };
        if (_bufferSize is { } size)
        {
            far.ReceiveBufferSize = size;
        }

        near.NoDelay = true;
        if (IsClosed)
        {
            return;
        }

        _ends[near] = _ends[far] = true;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        try
        {
            await far.ConnectAsync(_host, _targetPort, either.Token);
            var up = _up(near.GetStream(), far.GetStream(), either.Token);
            var down = _down(far.GetStream(), near.GetStream(), either.Token);
            await Task.WhenAny(up, down);
            await either.CancelAsync();
            await Task.WhenAll(up, down);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException
            or ObjectDisposedException or InvalidOperationException)
        {
            // One of the two has gone, the link was cut, or the test is over.
        }
        finally
        {
            _ends.TryRemove(near, out _);
            _ends.TryRemove(far, out _);
        }
    }
}
