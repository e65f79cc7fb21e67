using System.Buffers;
using System.Net.WebSockets;
using System.Text;

using Gateway.Tools.Har;
using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Verify.Play;

/// <summary>
/// One client WebSocket and its receive loop. <see cref="SendAsync"/> may be called from any thread. Tells of each message and, once, of
/// the end.
/// </summary>
internal sealed class WebSocketClient(Action<string, bool> receive, Action<ConnectionEnd> ended) : IAsyncDisposable
{
    private const int MaxMessageBytes = 256 * 1024 * 1024;

    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private Task _receiving = Task.CompletedTask;

    /// <summary>The HTTP status that stood in the way of the WebSocket; null when it was something else, or nothing.</summary>
    public int? RefusedWith => (int)_socket.HttpStatusCode is > 101 and var status ? status : null;

    public async Task ConnectAsync(Uri address, IEnumerable<HarHeader> headers, CancellationToken cancellationToken)
    {
        foreach (var header in headers)
        {
            _socket.Options.SetRequestHeader(header.Name, header.Value);
        }

        _socket.Options.CollectHttpResponseDetails = true;

        // Frames of our own would be seen by the target.
        _socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await _socket.ConnectAsync(address, cancellationToken);
        _receiving = ReceiveAsync();
    }

    /// <summary>Sends a message; on a socket that is closed it does nothing, as the end is told elsewhere.</summary>
    public async Task SendAsync(string text, bool isBinary, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            var bytes = isBinary ? Convert.FromBase64String(text) : Encoding.UTF8.GetBytes(text);
            await _socket.SendAsync(bytes, isBinary ? WebSocketMessageType.Binary : WebSocketMessageType.Text, endOfMessage: true,
                cancellationToken);
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or InvalidOperationException or FormatException)
        {
            // The server closed first, or the recorded bytes are none.
        }
        finally
        {
            _sending.Release();
        }
    }

    public async Task CloseAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken).WaitAsync(limit, cancellationToken);
            await _receiving.WaitAsync(limit, cancellationToken);
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or InvalidOperationException or TimeoutException)
        {
            // It is over either way.
        }

        await _stop.CancelAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Abort();
        await _receiving;
        _socket.Dispose();
        _sending.Dispose();
        _stop.Dispose();
    }

    private async Task ReceiveAsync()
    {
        var message = new ArrayBufferWriter<byte>(4096);
        try
        {
            while (true)
            {
                var result = await _socket.ReceiveAsync(message.GetMemory(4096), _stop.Token);
                if (result.MessageType == WebSocketMessageType.Close || message.WrittenCount > MaxMessageBytes)
                {
                    ended(new ConnectionEnd(true, (int?)_socket.CloseStatus ?? 1006, _socket.CloseStatusDescription ?? ""));
                    return;
                }

                message.Advance(result.Count);
                if (result.EndOfMessage)
                {
                    var isBinary = result.MessageType == WebSocketMessageType.Binary;
                    receive(isBinary ? Convert.ToBase64String(message.WrittenSpan) : Encoding.UTF8.GetString(message.WrittenSpan),
                        isBinary);
                    message.ResetWrittenCount();
                }
            }
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            ended(new ConnectionEnd(true, 1006, ""));
        }
    }
}
