using System.Diagnostics;
using System.Text;

using Gateway.EngineIO.Admission;
using Gateway.SocketIO;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Wire;

/// <summary>Clients that nobody has let in: what they may hold together, and for how long.</summary>
public sealed class StrangerTests
{
    private const int Event = 1_000_000;
    private const int Budget = 16_000_000;

    [Fact]
    public async Task EventsBeforeConnect_FromManyClientsWithoutAKey_HoldNoMoreThanTheBudget()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "SESSION_API_KEY=secret", $"Engine:InboundBudgetBytes={Budget}");
        host.Expect("InboundBudgetBytes");
        var budget = host.Services.GetRequiredService<InboundBudget>();
        var packet = Encoding.UTF8.GetBytes($"42[\"oh_user_action\",\"{new string('x', Event)}\"]");
        var strangers = new List<RawEngineClient>();
        try
        {
            for (var i = 0; i < 60; i++)
            {
                var stranger = await RawEngineClient.OpenAsync(host.Address.Port, "/socket.io/", "&conversation_id=c1");
                strangers.Add(stranger);
                await RawEngineClient.IgnoringPeerAsync(() => stranger.SendFrameAsync(RawEngineClient.Text, packet));
                budget.Held.Should().BeLessThanOrEqualTo(Budget);
            }

            // The last one is refused for certain: what was read before it fills the budget.
            var refused = await strangers[^1].ReadCloseAsync();
            refused.CloseCode.Should().Be(1013);
            await using var guest = new HandWrittenClient([]);
            await guest.ConnectAsync(new Visit(host.Address, "c1", Key: "secret"));
            await guest.ReadAsync("connect");
            await guest.EmitAsync(Actions.Message("hello"), wantsAck: true);
            await guest.ReadAsync("ack");
        }
        finally
        {
            strangers.ForEach(static stranger => stranger.Dispose());
        }

        await Eventually.IsTrueAsync(() => budget.Held == 0, "what it sent is let go");
    }

    [Fact]
    public async Task BinaryPacket_NineOfTenAttachmentsAndSilence_IsClosedThoughItsHeartbeatIsWell()
    {
        await using var host = await SocketHost.StartAsync(
            static options => options.AttachmentTimeout = TimeSpan.FromSeconds(3),
            static engine =>
            {
                engine.PingInterval = TimeSpan.FromMilliseconds(100);
                engine.PingTimeout = TimeSpan.FromSeconds(20);
            });
        var (client, _) = await host.ConnectAsync();
        using var owned = client;
        await client.SendTextAsync("4510-[\"a\"]");
        for (var i = 0; i < 9; i++)
        {
            await client.SendFrameAsync(RawEngineClient.Binary, new byte[1_000_000]);
        }

        var pings = 0;
        RawFrame frame;
        while ((frame = await client.ReadFrameAsync()).Opcode != RawEngineClient.Close)
        {
            pings++;
            await client.SendTextAsync("3");
        }

        // A pong is text where an attachment is due on Engine.IO's level, and none on Socket.IO's.
        frame.CloseCode.Should().Be(1008);
        frame.CloseText.Should().Contain("attachments");
        pings.Should().BePositive();
        host.InboundBudget.Held.Should().Be(0);
    }

    [Fact]
    public async Task Refused_AsksAgainAllTheTime_IsClosedAGraceAfterItsFirstRefusal()
    {
        await using var host = await SocketHost.StartAsync(static options => options.RefusalGrace = TimeSpan.FromMilliseconds(500));
        host.Handler.OnConnect = static (_, _, _) => new(ConnectDecision.Refused("invalid_session_api_key"));
        using var client = await host.OpenAsync();
        var clock = Stopwatch.StartNew();

        RawFrame frame;
        do
        {
            await RawEngineClient.IgnoringPeerAsync(() => client.SendTextAsync("40"));
            frame = await client.ReadFrameAsync();
        }
        while (frame.Opcode != RawEngineClient.Close);

        clock.Elapsed.Should().BeGreaterThan(TimeSpan.FromMilliseconds(400)).And.BeLessThan(TimeSpan.FromSeconds(10));
        host.Registry.Count.Should().Be(0);
    }
}
