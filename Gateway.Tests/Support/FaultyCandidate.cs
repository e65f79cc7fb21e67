using System.Net.WebSockets;
using System.Text;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>
/// A server in front of a sound one that does as it is told with what the sound one says: each packet of a WebSocket, each answer of REST.
/// One test owns it; its faults may be changed at any time.
/// </summary>
internal sealed class FaultyCandidate : IAsyncDisposable
{
    private readonly Uri _sound;
    private readonly WebApplication _app;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private readonly CancellationTokenSource _stop = new();

    private FaultyCandidate(Uri sound, WebApplication app) => (_sound, _app) = (sound, app);

    /// <summary>What is sent in a packet's place.</summary>
    public Func<string, IEnumerable<string>> Packets { get; set; } = static packet => [packet];

    /// <summary>What is answered in the place of a REST answer's body.</summary>
    public Func<string, string> Bodies { get; set; } = static body => body;

    /// <summary>Before anything else of a request: may wait, or break the connection off.</summary>
    public Func<HttpContext, CancellationToken, Task> Before { get; set; } = static (_, _) => Task.CompletedTask;

    public Uri Address => new(_app.Urls.Single());

    public static async Task<FaultyCandidate> StartAsync(Uri sound)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.UseWebSockets();
        var candidate = new FaultyCandidate(sound, app);
        app.Run(candidate.HandleAsync);
        await app.StartAsync();
        return candidate;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _app.DisposeAsync();
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop.Token);
        try
        {
            await Before(context, either.Token);
            await (context.WebSockets.IsWebSocketRequest ? SocketAsync(context, either.Token) : CallAsync(context, either.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or IOException)
        {
            context.Abort();
        }
    }

    private async Task CallAsync(HttpContext context, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method), new Uri(_sound, $"{context.Request.Path}{context.Request.QueryString}"));
        request.Content = context.Request.Method == "POST" ? new StreamContent(context.Request.Body) : null;
        foreach (var header in context.Request.Headers.Where(static header => header.Key is not ("Host" or "Content-Length")))
        {
            _ = request.Headers.TryAddWithoutValidation(header.Key, header.Value.ToString())
                || request.Content?.Headers.TryAddWithoutValidation(header.Key, header.Value.ToString()) == true;
        }

        using var response = await _http.SendAsync(request, cancellationToken);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var header in response.Headers.Concat(response.Content.Headers)
            .Where(static header => header.Key is not ("Transfer-Encoding" or "Content-Length")))
        {
            context.Response.Headers[header.Key] = header.Value.ToArray();
        }

        await context.Response.WriteAsync(Bodies(await response.Content.ReadAsStringAsync(cancellationToken)), cancellationToken);
    }

    private async Task SocketAsync(HttpContext context, CancellationToken cancellationToken)
    {
        using var server = new ClientWebSocket();
        await server.ConnectAsync(
            new Uri($"ws://{_sound.Authority}{context.Request.Path}{context.Request.QueryString}"), cancellationToken);
        using var client = await context.WebSockets.AcceptWebSocketAsync();
        var up = PumpAsync(client, server, static packet => [packet], cancellationToken);
        var down = PumpAsync(server, client, Packets, cancellationToken);
        if (await Task.WhenAny(up, down) is { IsFaulted: true })
        {
            // It crashes in the middle.
            context.Abort();
            server.Abort();
        }

        await Task.WhenAll(up, down);
    }

    private static async Task PumpAsync(
        WebSocket from, WebSocket to, Func<string, IEnumerable<string>> change, CancellationToken cancellationToken)
    {
        var buffer = new byte[1024 * 1024];
        var length = 0;
        while (await from.ReceiveAsync(buffer.AsMemory(length), cancellationToken) is
            { MessageType: not WebSocketMessageType.Close } received)
        {
            length += received.Count;
            if (received.EndOfMessage)
            {
                foreach (var packet in change(Encoding.UTF8.GetString(buffer, 0, length)))
                {
                    await to.SendAsync(Encoding.UTF8.GetBytes(packet), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
                }

                length = 0;
            }
        }

        await to.CloseOutputAsync(from.CloseStatus ?? WebSocketCloseStatus.NormalClosure, null, cancellationToken);
    }
}
