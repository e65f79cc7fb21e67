using System.Net;
using System.Net.Sockets;

namespace Gateway.Tests.Support;

/// <summary>
/// A link to a server that breaks where a test wants it to: before the server hears of a request, or before its client hears of the answer.
/// One test owns it; its loops end with it. Any thread.
/// </summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private const int BufferSize = 64 * 1_024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _targetPort;
    private readonly Task _accepting;
    private volatile bool _isClosed;
    private CancellationTokenSource _connections = new();
    private int _losesRequest;
    private int _losesAnswer;

    private CuttingProxy(int targetPort)
    {
        _targetPort = targetPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections are accepted and closed at once.</summary>
    public bool IsClosed
    {
        get => _isClosed;
        set => _isClosed = value;
    }

    public static CuttingProxy Start(int targetPort) => new(targetPort);

    /// <summary>The next bytes of a client are lost, and its connection with them.</summary>
    public void LoseNextRequest() => Volatile.Write(ref _losesRequest, 1);

    /// <summary>The server gets what the client sends; its next bytes are lost, and the connection with them.</summary>
    public void LoseNextAnswer() => Volatile.Write(ref _losesAnswer, 1);

    /// <summary>Every connection that there is breaks.</summary>
    public void CutAll() => Interlocked.Exchange(ref _connections, new CancellationTokenSource()).Cancel();

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
        if (IsClosed)
        {
            return;
        }

        using var far = new TcpClient { NoDelay = true };
        near.NoDelay = true;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, _connections.Token);
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _targetPort, either.Token);
            var up = CopyAsync(near.GetStream(), far.GetStream(), () => Interlocked.Exchange(ref _losesRequest, 0) == 1, either.Token);
            var down = CopyAsync(far.GetStream(), near.GetStream(), () => Interlocked.Exchange(ref _losesAnswer, 0) == 1, either.Token);
            await Task.WhenAny(up, down);
            await either.CancelAsync();
            await Task.WhenAll(up, down);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // One of the two has gone, or the test is over.
        }
    }

    /// <summary>Ends when the source does, when the bytes are to be lost, or when the proxy is closed.</summary>
    private async Task CopyAsync(NetworkStream source, NetworkStream target, Func<bool> isLost, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        while (await source.ReadAsync(buffer, cancellationToken) is > 0 and var read && !isLost() && !IsClosed)
        {
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }
}
