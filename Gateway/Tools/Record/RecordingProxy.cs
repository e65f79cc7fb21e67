using System.IO.Compression;
using System.Net.Sockets;
using System.Text;

using Gateway.Tools.Har;

using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Gateway.Tools.Record;

/// <summary>
/// A transparent proxy for <c>/socket.io</c>, and for the rest unless that is left out: passes on first, then records. Thread-safe; owns
/// its connections to the upstream.
/// </summary>
/// <param name="withRest">REST is passed on and recorded as well.</param>
/// <param name="maxRestBodyBytes">Larger bodies of REST calls are passed on and not kept.</param>
internal sealed class RecordingProxy(
    Uri upstream, SessionRecorder recorder, bool withRest = true, long maxRestBodyBytes = RecordingProxy.DefaultRestBodyBytes) : IDisposable
{
    public const long DefaultRestBodyBytes = 1024 * 1024;

    // As large as anything V0 takes, and then some: a body is held while it is passed on.
    private const int MaxBodyBytes = 64 * 1024 * 1024;

    private static readonly HashSet<string> s_hopHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade", "Host", "Proxy-Connection", "TE", "Trailer", "Content-Length",
    };

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        UseProxy = false,
        ConnectCallback = static async (context, cancellationToken) =>
        {
            // A frame waits for no other: latency is what a client would notice.
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    public void Dispose() => _http.Dispose();

    public async Task HandleAsync(HttpContext context)
    {
        var isSocket = SocketRecordingReader.IsSocketPath(context.Request.Path.Value ?? "");
        if (!withRest && !isSocket)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync("gateway record was told with --no-rest to pass on /socket.io alone.");
        }
        else if (context.WebSockets.IsWebSocketRequest)
        {
            await RecordingSocket.RunAsync(context, UpstreamUri(context.Request, webSocket: true), _http, recorder);
        }
        else if (isSocket)
        {
            await ExchangeAsync(context);
        }
        else
        {
            await CallAsync(context);
        }
    }

    private async Task CallAsync(HttpContext context)
    {
        try
        {
            var address = UpstreamUri(context.Request, webSocket: false);
            using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), address);
            await new RestRecording(recorder, _http, maxRestBodyBytes).ExchangeAsync(context, request, context.RequestAborted);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            // No answer is recorded as none; the client is told as far as it still can be.
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            context.Response.StatusCode = StatusCodes.Status502BadGateway;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has left.
        }
    }

    /// <summary>The client's headers, as the upstream should get them, on a request whose body is set.</summary>
    public static void CopyHeaders(HttpRequest from, HttpRequestMessage to)
    {
        foreach (var header in PassedHeaders(from))
        {
            if (!to.Headers.TryAddWithoutValidation(header.Key, header.Value.OfType<string>()))
            {
                to.Content?.Headers.TryAddWithoutValidation(header.Key, header.Value.OfType<string>());
            }
        }
    }

    /// <summary>The upstream's headers, as the client should get them; gives all of them, for the recording.</summary>
    public static IEnumerable<(string Name, string Value)> CopyHeaders(HttpResponseMessage from, HttpResponse to)
    {
        var headers = from.Headers.Concat(from.Content.Headers).ToList();
        foreach (var header in headers.Where(static header => !s_hopHeaders.Contains(header.Key)))
        {
            to.Headers[header.Key] = header.Value.ToArray();
        }

        to.ContentLength = from.Content.Headers.ContentLength;
        return headers.Select(static header => (header.Key, string.Join(", ", header.Value)));
    }

    /// <summary>The client's headers as the upstream should get them.</summary>
    public static IEnumerable<KeyValuePair<string, StringValues>> PassedHeaders(HttpRequest request) =>
        request.Headers.Where(static header =>
            !s_hopHeaders.Contains(header.Key) && !header.Key.StartsWith("Sec-WebSocket-", StringComparison.OrdinalIgnoreCase));

    private async Task ExchangeAsync(HttpContext context)
    {
        var cancellationToken = context.RequestAborted;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bound)
        {
            bound.MaxRequestBodySize = MaxBodyBytes;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, cancellationToken);
        var bytes = body.ToArray();
        var started = recorder.Now;
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), UpstreamUri(context.Request, webSocket: false));
        if (bytes.Length > 0 || context.Request.ContentLength is not null)
        {
            request.Content = new ByteArrayContent(bytes);
        }

        CopyHeaders(context.Request, request);

        try
        {
            // Written down while the upstream works.
            var answer = _http.SendAsync(request, cancellationToken);
            var text = Encoding.UTF8.GetString(bytes);
            var entry = recorder.Begin(context.Request, text.Length == 0 ? null : text, isWebSocket: false, started);
            recorder.Changed(Packets(context.Request, text), bytes.Length);
            using var response = await answer;
            await PassOnAsync(context, response, entry, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            // No answer is recorded as none; the client is told as far as it still can be.
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status502BadGateway;
            }
        }
    }

    private async Task PassOnAsync(HttpContext context, HttpResponseMessage response, RecordingEntry entry,
        CancellationToken cancellationToken)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        var headers = response.Headers.Concat(response.Content.Headers).ToList();
        foreach (var header in headers.Where(static header => !s_hopHeaders.Contains(header.Key)))
        {
            context.Response.Headers[header.Key] = header.Value.ToArray();
        }

        var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var time = recorder.Now;
        if (bytes.Length > 0)
        {
            await context.Response.Body.WriteAsync(bytes, cancellationToken);
        }

        await context.Response.CompleteAsync();
        var text = Decode(bytes, response.Content.Headers.ContentEncoding);
        entry.Complete(recorder
            .Response((int)response.StatusCode, headers.Select(static header => (header.Key, string.Join(", ", header.Value))), text),
                time);
        recorder.Changed(context.Request.Method == "GET" ? Packets(context.Request, text) : 0, bytes.Length);
    }

    private static int Packets(HttpRequest request, string body) =>
        SocketRecordingReader.IsSocketPath(request.Path.Value ?? "") ? SocketRecordingReader.SplitPayload(body).Count() : 0;

    private Uri UpstreamUri(HttpRequest request, bool webSocket)
    {
        var builder = new UriBuilder(upstream);
        var scheme = builder.Scheme is "https" or "wss" ? webSocket ? "wss" : "https" : webSocket ? "ws" : "http";
        return new Uri($"{scheme}://{builder.Uri.Authority}{builder.Path.TrimEnd('/')}{request.PathBase}{request.Path}{request.QueryString}");
    }

    // A HAR holds bodies as a reader wants them, not as they were compressed.
    private static string Decode(byte[] bytes, ICollection<string> encodings)
    {
        try
        {
            using var input = new MemoryStream(bytes);
            using Stream plain = encodings.LastOrDefault() switch
            {
                "gzip" => new GZipStream(input, CompressionMode.Decompress),
                "deflate" => new ZLibStream(input, CompressionMode.Decompress),
                "br" => new BrotliStream(input, CompressionMode.Decompress),
                _ => input,
            };
            var output = new byte[16 * 1024];
            using var text = new MemoryStream();
            for (int read; text.Length < MaxBodyBytes && (read = plain.Read(output)) > 0;)
            {
                text.Write(output, 0, read);
            }

            return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
        }
        catch (InvalidDataException)
        {
            return "";
        }
    }
}
