using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;

using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Operations.AdminUi;

/// <summary>The Socket.IO Admin UI's side of a connection, by its bytes. Owned by one test.</summary>
internal sealed class AdminPage : IAsyncDisposable
{
    private const string Prefix = "/admin,";

    private readonly ClientWebSocket _socket = new();
    private readonly Channel<string> _packets = Channel.CreateUnbounded<string>();
    private Task _reading = Task.CompletedTask;

    /// <summary>Asks to be let in with this auth payload; the answer is a CONNECT or a CONNECT_ERROR.</summary>
    public static async Task<(AdminPage Page, string Answer)> ConnectAsync(Uri address, JObject auth)
    {
        var page = new AdminPage();
        var target = new UriBuilder(new Uri(address, "/socket.io/?EIO=4&transport=websocket")) { Scheme = "ws" }.Uri;
        await page._socket.ConnectAsync(target, CancellationToken.None).WaitAsync(TestLimits.Step);
        page._reading = page.ReadAsync();
        await page.SendAsync($"40{Prefix}{auth.ToString(Newtonsoft.Json.Formatting.None)}");
        return (page, await page.NextAsync(static packet => packet.StartsWith("40", StringComparison.Ordinal)
            || packet.StartsWith("44", StringComparison.Ordinal)));
    }

    /// <summary>Reads on to an event of this name, and gives its arguments.</summary>
    public async Task<JToken[]> EventAsync(string name)
    {
        var packet = await NextAsync(packet => packet.StartsWith($"42{Prefix}[\"{name}\"", StringComparison.Ordinal));
        return [.. JArray.Parse(packet[(2 + Prefix.Length)..]).Skip(1)];
    }

    public Task EmitAsync(params object?[] arguments) =>
        SendAsync($"42{Prefix}{JArray.FromObject(arguments).ToString(Newtonsoft.Json.Formatting.None)}");

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading.WaitAsync(TestLimits.Step);
        _socket.Dispose();
    }

    private async Task<string> NextAsync(Func<string, bool> isIt)
    {
        while (true)
        {
            var packet = await _packets.Reader.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            if (isIt(packet))
            {
                return packet;
            }
        }
    }

    private Task SendAsync(string packet) => _socket
        .SendAsync(Encoding.UTF8.GetBytes(packet), WebSocketMessageType.Text, true, CancellationToken.None).WaitAsync(TestLimits.Step);

    private async Task ReadAsync()
    {
        while (await _socket.ReadMessageAsync() is { } packet)
        {
            _packets.Writer.TryWrite(packet);
        }
    }
}
