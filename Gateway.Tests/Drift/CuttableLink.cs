using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tests.Drift;

/// <summary>
/// A TCP link to a server that can be cut, as a network is: both ends of each connection are reset. Any thread; owned by one run.
/// </summary>
internal sealed class CuttableLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TcpClient, bool> _ends = new();
    private readonly Uri _target;
    private readonly Task _accepting;

    private CuttableLink(Uri target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The server's address by way of this link.</summary>
    public Uri Address => new UriBuilder(_target) { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;

    /// <summary>To an http server: with TLS the name would not be the server's.</summary>
    public static CuttableLink Start(Uri target) => new(target);

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
        await _accepting;
        _stop.Dispose();
    }

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

    private async Task ServeAsync(TcpClient near)
    {
        using var far = new TcpClient { NoDelay = true };
        near.NoDelay = true;
        _ends[near] = _ends[far] = true;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        try
        {
            await far.ConnectAsync(_target.Host, _target.Port, either.Token);
            var up = near.GetStream().CopyToAsync(far.GetStream(), either.Token);
            var down = far.GetStream().CopyToAsync(near.GetStream(), either.Token);
            await Task.WhenAny(up, down);
            await either.CancelAsync();
            await Task.WhenAll(up, down);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException
            or ObjectDisposedException or InvalidOperationException)
        {
            // One of the two has gone, or the link was cut.
        }
        finally
        {
            _ends.TryRemove(near, out _);
            _ends.TryRemove(far, out _);
            near.Dispose();
        }
    }
}
