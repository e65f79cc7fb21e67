using System.Net.WebSockets;

using Gateway.Tests.Support;

namespace Gateway.Tests.Hosting;

/// <summary>The signals that ask a program to end: clients are told, and the exit code says that all is well.</summary>
public sealed class SignalTests
{
    [Theory]
    [InlineData("HUP")]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("QUIT")]
    public async Task Signal_ClientsConnected_TellsThemAndEnds(string signal)
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayProcess.StartListeningAsync(new() { ["FILE_STORE_PATH"] = store.Root });
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(
            new Uri($"ws://{gateway.Address.Authority}/socket.io/?EIO=4&transport=websocket"), CancellationToken.None)
                .WaitAsync(TestLimits.Step);

        await gateway.SignalAsync(signal);

        while (socket.State == WebSocketState.Open)
        {
            await socket.ReceiveAsync(new byte[4_096], CancellationToken.None).WaitAsync(TestLimits.Step);
        }

        socket.CloseStatus.Should().Be((WebSocketCloseStatus)1012);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).WaitAsync(TestLimits.Step);
        (await gateway.ExitAsync()).Should().Be(0);
    }
}
