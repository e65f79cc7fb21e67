using System.Net.WebSockets;
using System.Text;

namespace Gateway.Tests.Support;

/// <summary>What a client of .NET's own reads from a WebSocket while its test goes on.</summary>
internal static class SocketReading
{
    /// <summary>
    /// The next message; null when the connection is over: closed or broken by the server, or aborted by the test, also between two
    /// messages. One reader at a time.
    /// </summary>
    public static async Task<string?> ReadMessageAsync(this ClientWebSocket socket)
    {
        using var message = new MemoryStream();
        var buffer = new byte[16_384];
        try
        {
            while (await socket.ReceiveAsync(buffer, CancellationToken.None) is { MessageType: not WebSocketMessageType.Close } received)
            {
                message.Write(buffer, 0, received.Count);
                if (received.EndOfMessage)
                {
                    return Encoding.UTF8.GetString(message.ToArray());
                }
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // As the summary says: an end like any other.
        }

        return null;
    }
}
