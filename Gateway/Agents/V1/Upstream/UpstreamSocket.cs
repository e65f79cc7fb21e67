using System.Buffers;
using System.Net.WebSockets;
using System.Text;

namespace Gateway.Agents.V1.Upstream;

/// <summary>What one read of the socket gave.</summary>
/// <param name="Text">A frame; null for one that was too large, or when the socket has ended.</param>
internal readonly record struct SocketRead(string? Text, SocketEnd? End)
{
    public bool IsTooLarge => Text is null && End is null;
}

/// <summary>
/// One WebSocket to the agent-server. Owned by the connection that opened it: one reader; sends before the first read only.
/// Nothing here throws for what the server or the network does.
/// </summary>
internal sealed class UpstreamSocket : IDisposable
{
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(20);

    private readonly ClientWebSocket _socket;
    private readonly int _maxFrameBytes;

    private UpstreamSocket(ClientWebSocket socket, int maxFrameBytes)
    {
        _socket = socket;
        _maxFrameBytes = maxFrameBytes;
    }

    /// <summary>The socket, or the HTTP status that refused it; 0 when there was no answer.</summary>
    public static async Task<(UpstreamSocket? Socket, int Status)> ConnectAsync(
        Uri address, string? keyHeader, string? firstMessage, int maxFrameBytes, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = s_keepAlive;
        socket.Options.KeepAliveTimeout = s_keepAlive;
        socket.Options.CollectHttpResponseDetails = true;
        if (keyHeader is not null)
        {
            socket.Options.SetRequestHeader(V1RestClient.KeyHeader, keyHeader);
        }

        try
        {
            await socket.ConnectAsync(address, cancellationToken);
            if (firstMessage is not null)
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes(firstMessage), WebSocketMessageType.Text, endOfMessage: true,
                    cancellationToken);
            }

            return (new UpstreamSocket(socket, maxFrameBytes), 101);
        }
        catch (Exception exception)
            when (exception is WebSocketException or IOException or HttpRequestException or OperationCanceledException)
        {
            var status = (int)socket.HttpStatusCode;
            socket.Dispose();
            return (null, status == 101 ? 0 : status);
        }
    }

    public async ValueTask<SocketRead> ReadAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1_024);
        var length = 0;
        var isTooLarge = false;
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                {
                    buffer = Grow(buffer);
                }

                var received = await _socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    var code = (int?)_socket.CloseStatus ?? SocketEnd.Lost;
                    return new SocketRead(null, new SocketEnd(code, _socket.CloseStatusDescription ?? ""));
                }

                length += received.Count;
                if (length > _maxFrameBytes)
                {
                    // Read on to the frame's end and throw it away: the log has what was in it.
                    isTooLarge = true;
                    length = 0;
                }

                if (received.EndOfMessage)
                {
                    return new SocketRead(isTooLarge ? null : Encoding.UTF8.GetString(buffer, 0, length), null);
                }
            }
        }
        catch (Exception exception)
            when (exception is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            return new SocketRead(null, new SocketEnd(SocketEnd.Lost));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Sends a close frame; the reader sees the server's answer. Any thread, once; after the token the socket is torn.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
        }
        catch (Exception exception)
            when (exception is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Gone already, or it takes nothing: it is closed either way.
            _socket.Abort();
        }
    }

    public void Dispose() => _socket.Dispose();

    private static byte[] Grow(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
