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
    // Ours have a few short values and an origin that came in a head of bounded length.
    private const int MaxAnswer = RequestHead.MaxLength + 1_024;

    private HttpResponse? _response = response;

    public bool IsUpgradableRequest => true;

    /// <summary>Nobody waits for it here: whoever reads or writes learns of the end.</summary>
    public CancellationToken RequestAborted { get; set; }

    /// <summary>A reset, as the server does it.</summary>
    public void Abort() => socket.Close(timeout: 0);

    /// <summary>Takes the request's head off the socket, answers it, and leaves what follows it.</summary>
    public async Task<Stream> UpgradeAsync()
    {
        var answered = _response ?? throw new InvalidOperationException("Upgraded already.");
        _response = null;
        var stream = new SocketStream(socket);
        var block = ArrayPool<byte>.Shared.Rent(MaxAnswer);
        try
        {
            // It has arrived, and was looked at.
            await stream.ReadExactlyAsync(block.AsMemory(0, headLength));
            await stream.WriteAsync(block.AsMemory(0, FormatAnswer(answered, block)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block, clearArray: true);
        }

        return stream;
    }

    private static int FormatAnswer(HttpResponse response, Span<byte> answer)
    {
        // The values are our own, and an origin of printable ASCII: nothing in them can end a line.
        var length = Append(answer, 0, "HTTP/1.1 101 Switching Protocols\r\n");
        foreach (var (name, values) in response.Headers)
        {
            length = Append(answer, length, name);
            length = Append(answer, length, ": ");
            length = Append(answer, length, values.ToString());
            length = Append(answer, length, "\r\n");
        }

        return Append(answer, length, "\r\n");
    }

    private static int Append(Span<byte> answer, int length, string text) => length + Encoding.ASCII.GetBytes(text, answer[length..]);
}
