using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tests.Support;

/// <summary>
/// A link to a server that is not instant: a TCP proxy that gives each connection so many bytes a second of what the server sends, and
/// everything of what the client sends at once. Its buffers are small, so that the server soon notices. One test owns it; its loops end
/// with it.
/// </summary>
internal sealed class ThrottledProxy : IAsyncDisposable
{
    private const int BufferSize = 64 * 1_024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _targetPort;
    private readonly double _bytesPerSecond;
    private readonly Task _accepting;

    private ThrottledProxy(int targetPort, double bytesPerSecond)
    {
        _targetPort = targetPort;
        _bytesPerSecond = bytesPerSecond;
        _listener.Server.SendBufferSize = BufferSize;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    public static ThrottledProxy Start(int targetPort, double bytesPerSecond) => new(targetPort, bytesPerSecond);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting.WaitAsync(TestLimits.Step);
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

    private async Task ServeAsync(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient { ReceiveBufferSize = BufferSize, NoDelay = true };
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _targetPort, either.Token);
            var up = near.GetStream().CopyToAsync(far.GetStream(), either.Token);
            var down = CopySlowlyAsync(far.GetStream(), near.GetStream(), either.Token);
            await Task.WhenAny(up, down);
            await either.CancelAsync();
            await Task.WhenAll(up, down);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // One of the two has gone, or the test is over.
        }
    }

    // The one place that lets time pass: a link's speed is time.
    private async Task CopySlowlyAsync(NetworkStream from, NetworkStream to, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        var clock = Stopwatch.StartNew();
        double free = 0;
        while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            // When the link is free again after these bytes; an idle link saves nothing up.
            free = Math.Max(free, clock.Elapsed.TotalSeconds) + (count / _bytesPerSecond);
            await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            if (TimeSpan.FromSeconds(free) - clock.Elapsed is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait, cancellationToken);
            }
        }
    }
}
