using System.Net;
using System.Net.WebSockets;
using System.Text;

using Gateway.Tests.Support;

using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Tests.Wire;

public class EngineHttp2Tests
{
    [Fact]
    public async Task WebSocket_OverHttp2_OpensASession()
    {
        await using var host = await EngineHost.StartAsync(protocols: HttpProtocols.Http2);
        using var handler = new SocketsHttpHandler();
        using var invoker = new HttpMessageInvoker(handler);
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var limit = new CancellationTokenSource(TestLimits.Step);

        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{host.Port}/engine.io/?EIO=4&transport=websocket"), invoker, limit.Token);

        (await ReadAsync()).Should().StartWith("0{");
        await socket.SendAsync("4hi"u8.ToArray(), WebSocketMessageType.Text, true, limit.Token);
        (await ReadAsync()).Should().Be("4hi");
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        host.Registry.Count.Should().Be(0);

        async Task<string> ReadAsync()
        {
            var buffer = new byte[1_024];
            var result = await socket.ReceiveAsync(buffer, limit.Token);
            return Encoding.UTF8.GetString(buffer, 0, result.Count);
        }
    }
}
