using System.Net.WebSockets;
using System.Text;

using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

/// <summary>A host that stops while clients talk.</summary>
public sealed class StoppingTests
{
    [Fact]
    public async Task Stop_ActionsUnderWay_AcknowledgesWhatItStoresAndStoresNothingElse()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(
            new Uri($"ws://{host.Address.Authority}/socket.io/?EIO=4&transport=websocket&conversation_id=c1"), CancellationToken.None)
                .WaitAsync(TestLimits.Step);
        await SendAsync(socket, "40");
        await ReadUntilAsync(socket, static frame => frame?.StartsWith("40", StringComparison.Ordinal) is true);
        for (var n = 1; n <= 200; n++)
        {
            await SendAsync(socket, $"42{n}[\"oh_user_action\",{{\"action\":\"message\",\"args\":{{\"content\":\"{n}\"}}}}]");
        }

        var before = await ReadUntilAsync(socket, static frame => frame?.StartsWith("43", StringComparison.Ordinal) is true);
        var stopped = host.StopAsync();
        var after = await ReadUntilAsync(socket, static frame => frame is null);
        await stopped;

        socket.CloseStatus.Should().Be((WebSocketCloseStatus)1012);
        var acknowledged = before.Concat(after).Count(static frame => frame.StartsWith("43", StringComparison.Ordinal));
        store.Events("c1").Should().HaveCount(acknowledged);
    }

    [Theory]
    [InlineData("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost:")]
    [InlineData("POST /api/settings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")]
    public async Task Stop_ARequestThatIsNeverFinished_IsCutOff(string start)
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store);
        using var client = await RawEngineClient.ConnectAsync(host.Address.Port);
        await client.WriteAsync(start);

        // By itself the web server waits for half a minute.
        await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    private static Task SendAsync(ClientWebSocket socket, string frame) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None)
            .WaitAsync(TestLimits.Step);

    /// <summary>The frames up to one that is looked for, with it; null stands for the close.</summary>
    private static async Task<List<string>> ReadUntilAsync(ClientWebSocket socket, Predicate<string?> isLast)
    {
        var frames = new List<string>();
        var buffer = new byte[64 * 1_024];
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);
            var frame = read.MessageType == WebSocketMessageType.Close ? null : Encoding.UTF8.GetString(buffer, 0, read.Count);
            if (frame is not null)
            {
                frames.Add(frame);
            }

            if (isLast(frame))
            {
                return frames;
            }
        }
    }
}
