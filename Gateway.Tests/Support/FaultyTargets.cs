using System.Net.WebSockets;
using System.Text;

using Gateway.Cli;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>
/// A gateway with a fault: every packet that it sends goes through <paramref name="fault"/>, which gives what is sent in its place.
/// WebSockets alone.
/// </summary>
/// <param name="hold">Awaited for each packet before it is passed on; null: none is held.</param>
internal sealed class FaultyTargets(Func<string, IEnumerable<string>> fault, Func<string, Task>? hold = null) : IVerifyTargetFactory
{
    public async Task<IVerifyTarget> StartAsync(Fixture fixture, TargetSettings settings, CancellationToken cancellationToken)
    {
        var sound = await new InProcessTargets().StartAsync(fixture, settings, cancellationToken);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.UseWebSockets();
        app.Run(context => PassOnAsync(context, sound.Address));
        await app.StartAsync(cancellationToken);
        return new Target(sound, app);
    }

    private async Task PassOnAsync(HttpContext context, Uri sound)
    {
        using var server = new ClientWebSocket();
        await server.ConnectAsync(new Uri($"ws://{sound.Authority}{context.Request.Path}{context.Request.QueryString}"),
            context.RequestAborted);
        using var client = await context.WebSockets.AcceptWebSocketAsync();
        var up = PumpAsync(client, server, static packet => [packet]);
        var down = PumpAsync(server, client, fault);
        await Task.WhenAll(up, down);
    }

    private async Task PumpAsync(WebSocket from, WebSocket to, Func<string, IEnumerable<string>> change)
    {
        var buffer = new byte[1024 * 1024];
        var length = 0;
        try
        {
            while (await from.ReceiveAsync(buffer.AsMemory(length),
                CancellationToken.None) is { MessageType: not WebSocketMessageType.Close } received)
            {
                length += received.Count;
                if (received.EndOfMessage)
                {
                    var read = Encoding.UTF8.GetString(buffer, 0, length);
                    await (hold?.Invoke(read) ?? Task.CompletedTask);
                    foreach (var packet in change(read))
                    {
                        await to.SendAsync(Encoding.UTF8.GetBytes(packet), WebSocketMessageType.Text, endOfMessage: true,
                            CancellationToken.None);
                    }

                    length = 0;
                }
            }

            await to.CloseOutputAsync(from.CloseStatus ?? WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // One side is gone without a close: so is the other then.
            to.Abort();
        }
    }

    private sealed class Target(IVerifyTarget sound, WebApplication app) : IVerifyTarget
    {
        public Uri Address { get; } = new(app.Urls.Single());

        public bool CanRestart => false;

        public Task RestartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public async ValueTask DisposeAsync()
        {
            await sound.DisposeAsync();
            await app.DisposeAsync();
        }
    }
}
