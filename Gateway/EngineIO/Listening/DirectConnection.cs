using System.Buffers;
using System.Net.Sockets;
using System.Text;

using Microsoft.AspNetCore.Http.Features;

namespace Gateway.EngineIO.Listening;

/// <summary>
/// A socket in the part of the server: turns its one request into a WebSocket, and cuts it. Its listener owns the socket. Upgraded once;
/// can be cut from any thread.
/// </summary>
internal sealed class DirectConnection(Socket socket, int headLength, HttpResponse response) : IHttpUpgradeFeature, IHttpRequestLifetimeFeature
{
    private HttpResponse? _response = response;

    public bool IsUpgradableRequest => true;

    /// <summary>Nobody waits for it here: whoever reads or writes learns of the end.</summary>
    public CancellationToken RequestAborted { get; set; }

    /// <summary>A reset, as the server does it.</summary>
    public void Abort() => socket.Close(timeout: 0);

    /// <summary>Takes the request's head off the socket, answers it, and leaves what follows it.</summary>
    public async Task<Stream> UpgradeAsync()
    {
        var answer = FormatAnswer(_response ?? throw new InvalidOperationException("Upgraded already."));
        _response = null;
        var stream = new NetworkStream(socket, ownsSocket: false);
        var head = ArrayPool<byte>.Shared.Rent(headLength);
        try
        {
            // It has arrived, and was looked at.
            await stream.ReadExactlyAsync(head, 0, headLength);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(head, clearArray: true);
        }

        await stream.WriteAsync(answer);
        return stream;
    }

    private static byte[] FormatAnswer(HttpResponse response)
    {
        // The values are our own, and an origin of printable ASCII: nothing in them can end a line.
        var answer = new StringBuilder("HTTP/1.1 101 Switching Protocols\r\n", 256);
        foreach (var (name, values) in response.Headers)
        {
            answer.Append(name).Append(": ").Append(values.ToString()).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(answer.Append("\r\n").ToString());
    }
}
