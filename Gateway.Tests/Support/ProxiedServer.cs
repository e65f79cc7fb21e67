using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>
/// A server behind a proxy: it keeps what arrives, marks its answers as its own, and answers as the test says. Its sockets say back what
/// they hear, and end as they are told (<c>close 1013 slow_consumer</c>). Thread-safe; owned by one test.
/// </summary>
internal sealed class ProxiedServer : IAsyncDisposable
{
    /// <summary>A header of every answer.</summary>
    public const string Mark = "X-Answered-By-V1";

    private readonly ConcurrentQueue<ProxiedRequest> _requests = new();
    private readonly ConcurrentQueue<(int? Code, string? Reason)> _clientCloses = new();
    private WebApplication? _app;

    /// <summary>Every request so far, as it came.</summary>
    public IReadOnlyCollection<ProxiedRequest> Requests => _requests;

    public ProxiedRequest Last => _requests.Last();

    /// <summary>How each client's socket has ended.</summary>
    public IReadOnlyCollection<(int? Code, string? Reason)> ClientCloses => _clientCloses;

    /// <summary>Answers requests; without it they get 200 and <c>{}</c>.</summary>
    public Func<HttpContext, Task>? Answer { get; set; }

    /// <summary>A status with which sockets are refused; null: they are accepted.</summary>
    public int? RefusesSockets { get; set; }

    public Uri Address => new(_app!.Urls.Single());

    public static async Task<ProxiedServer> StartAsync(int port = 0)
    {
        var server = new ProxiedServer();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Limits.MaxRequestBodySize = null);
        server._app = builder.Build();
        server._app.UseWebSockets();
        server._app.Run(server.HandleAsync);
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app!.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        _requests.Enqueue(new ProxiedRequest(
            context.Request.Method,
            context.Features.Get<IHttpRequestFeature>()!.RawTarget,
            context.Request.Headers.ToDictionary(
                static header => header.Key, static header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
        context.Response.Headers[Mark] = "yes";
        if (context.WebSockets.IsWebSocketRequest)
        {
            await HandleSocketAsync(context);
        }
        else if (Answer is { } answer)
        {
            await answer(context);
        }
        else
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("{}");
        }
    }

    private async Task HandleSocketAsync(HttpContext context)
    {
        if (RefusesSockets is { } status)
        {
            context.Response.StatusCode = status;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[256 * 1_024];
        while (true)
        {
            WebSocketReceiveResult received;
            try
            {
                received = await socket.ReceiveAsync(buffer, context.RequestAborted);
            }
            catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
            {
                _clientCloses.Enqueue((null, null));
                return;
            }

            if (received.MessageType == WebSocketMessageType.Close)
            {
                _clientCloses.Enqueue(((int?)received.CloseStatus, received.CloseStatusDescription));
                await socket.CloseOutputAsync(received.CloseStatus ?? WebSocketCloseStatus.NormalClosure, "", context.RequestAborted);
                return;
            }

            var text = Encoding.UTF8.GetString(buffer, 0, received.Count);
            if (received.EndOfMessage && text.StartsWith("close ", StringComparison.Ordinal))
            {
                var words = text.Split(' ', 3);
                await socket.CloseAsync(
                    (WebSocketCloseStatus)int.Parse(words[1]), words.ElementAtOrDefault(2) ?? "", context.RequestAborted);
                return;
            }

            await socket.SendAsync(
                buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
        }
    }
}

/// <summary>A request as it came.</summary>
/// <param name="Target">Path and query, as sent.</param>
/// <param name="Headers">By name, without case.</param>
internal sealed record ProxiedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers);
