using Gateway.EngineIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

/// <summary>Many clients that begin messages and never end them: what they hold together is bounded, and nobody else suffers.</summary>
public sealed class InboundBudgetTests
{
    private const int Budget = 8 * 1_024 * 1_024;
    private const int Message = 1_024 * 1_024;

    // A message's first small block is free; so many messages fit into the budget, and what is left of it is smaller than another.
    private const int Share = Message - (4 * 1_024);
    private const int Room = Budget / Share;

    [Fact]
    public async Task WebSocketMessages_LeftUnfinished_HoldNoMoreThanTheBudgetAndTheNewestIsTold()
    {
        await using var host = await StartAsync();
        var clients = new List<RawEngineClient>();
        try
        {
            for (var i = 0; i < 150; i++)
            {
                var client = await RawEngineClient.OpenAsync(host.Port);
                clients.Add(client);
                var unfinished = RawEngineClient.FormatFrame(0x81, new byte[Message - 1], announced: Message);
                await RawEngineClient.IgnoringPeerAsync(() => client.WriteAsync(unfinished));
                await HoldsAsync(host, Math.Min(i + 1, Room) * Share);
            }

            foreach (var refused in clients.Skip(Room))
            {
                var close = await refused.ReadCloseAsync();
                close.CloseCode.Should().Be(1013);
                close.CloseText.Should().Contain("unfinished messages");
            }

            host.Registry.Count.Should().Be(Room);
            using var other = await RawEngineClient.OpenAsync(host.Port);
            await other.SendTextAsync("4small messages go on");
            (await other.ReadTextAsync()).Should().Be("4small messages go on");
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }

        await HoldsAsync(host, 0);
    }

    [Fact]
    public async Task WebSocketMessages_Finished_GiveTheirShareBack()
    {
        await using var host = await StartAsync();
        using var client = await RawEngineClient.OpenAsync(host.Port);
        var text = "4" + new string('x', Message - 1);

        for (var i = 0; i < 2 * Budget / Message; i++)
        {
            await client.SendTextAsync(text);
            (await client.ReadTextAsync()).Should().Be(text);
        }

        await HoldsAsync(host, 0);
    }

    [Fact]
    public async Task PollingBodies_LeftUnfinished_HoldNoMoreThanTheBudgetAndTheNewestIsAnswered503()
    {
        await using var host = await StartAsync();
        var clients = new List<RawEngineClient>();
        try
        {
            for (var i = 0; i < 40; i++)
            {
                var sid = await RawEngineClient.OpenPollingAsync(host.Port);
                var client = await RawEngineClient.ConnectAsync(host.Port);
                clients.Add(client);
                await client.WriteAsync(
                    $"POST /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\nContent-Length: {Message}\r\n\r\n4");
                await RawEngineClient.IgnoringPeerAsync(() => client.WriteAsync(new byte[Message - 2]));
                await HoldsAsync(host, Math.Min(i + 1, Room) * Share);
            }

            foreach (var refused in clients.Skip(Room))
            {
                var response = await refused.ReadResponseAsync();
                response.Status.Should().Be(503);
                response.Text.Should().Contain("unfinished messages");
            }

            host.Registry.Count.Should().Be(Room);
            var other = await RawEngineClient.OpenPollingAsync(host.Port);
            (await RawEngineClient.PostAsync(host.Port, other, "4small bodies go on")).Status.Should().Be(200);
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }

        await HoldsAsync(host, 0);
    }

    private static async Task<EngineHost> StartAsync()
    {
        var host = await EngineHost.StartAsync(static options =>
        {
            options.MaxPayloadBytes = 2 * Message;
            options.InboundBudgetBytes = Budget;
            options.OutboundBytes = 2 * Message;
        });
        host.Log.Expect("InboundBudgetBytes");
        return host;
    }

    // The server reads what a client sends, and notices that it has gone, in its own time.
    private static Task HoldsAsync(EngineHost host, long bytes) =>
        Eventually.IsTrueAsync(() => host.InboundBudget.Held == bytes, $"{bytes} bytes are held");
}
