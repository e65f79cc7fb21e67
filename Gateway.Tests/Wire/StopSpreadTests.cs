using System.Net.WebSockets;

using Gateway.EngineIO.Sessions;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Wire;

/// <summary>A host that lets its clients go one by one before it stops.</summary>
public sealed class StopSpreadTests
{
    private const int Clients = 24;

    [Fact]
    public async Task Stop_WithASpread_ServesWhoIsStillThereAndTakesNobodyElse()
    {
        using var store = TempStore.Empty();
        var clock = new FakeTimeProvider();
        // Who is told to go in the first half must not run out of time to be told when the clock moves on through the second.
        await using var host = await GatewayHost.StartAsync(
            store, clock, "Engine:StopSpread=00:01:00", "Engine:CloseTimeout=00:01:00", "Engine:PingInterval=00:30:00", "Agent=none");

        // The clock may run on past the last client's moment, and what follows that has limits of its own by the same clock.
        host.Expect("were still at work when their time was over");
        var sessions = host.Services.GetRequiredService<SessionRegistry>();
        var clients = new List<HandWrittenClient>();
        for (var n = 0; n < Clients; n++)
        {
            clients.Add(new HandWrittenClient([]));
            await clients[n].ConnectAsync(new Visit(host.Address, "c1", int.MaxValue));
            await clients[n].ReadAsync("connect");
        }

        var stopping = host.StopAsync();
        await Eventually.IsTrueAsync(() => !sessions.IsAdmitting, "it stops");
        foreach (var transport in new[] { "websocket", "polling" })
        {
            (await HandshakeAsync(host, transport)).Should().Be(503);
        }

        // It says that it stops, and not that it is full.
        using (var http = new HttpClient { BaseAddress = host.Address })
        using (var refused = await http.GetAsync(new Uri("/socket.io/?EIO=4&transport=polling", UriKind.Relative)))
        {
            (await refused.Content.ReadAsStringAsync()).Should().Contain("about to stop");
            refused.Headers.RetryAfter!.Delta.Should().Be(TimeSpan.FromSeconds(5));
        }

        host.Log.Count("refused: draining.").Should().Be(3);

        await clients[0].EmitAsync(Actions.Message("still here"), wantsAck: true);
        (await clients[0].ReadAsync("ack"))["ack"].Should().BeEmpty();
        foreach (var client in clients.Skip(1))
        {
            await client.ReadAsync("event");
        }

        // Each has a moment of its own: that all 24 have theirs in one half happens once in eight million runs.
        clock.Advance(TimeSpan.FromSeconds(27));
        await Eventually.IsTrueAsync(() => sessions.Count < Clients, "some have gone");
        sessions.Count.Should().BeGreaterThan(0);
        clock.Advance(TimeSpan.FromSeconds(27));
        foreach (var client in clients)
        {
            (await client.ReadAsync("disconnect"))["disconnect"].ToString().Should().Be("server shutdown");

            // It leaves the close without an answer, and the clock for that stands still.
            await client.DisposeAsync();
        }

        await stopping;
    }

    /// <summary>An action whose disk takes its time is answered before its client is told to go.</summary>
    [Fact]
    public async Task Stop_WithASpread_AnswersWhatItHasHeardFirst()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "Engine:StopSpread=00:00:01", "Agent=none");
        var clients = new List<HandWrittenClient>();
        for (var n = 0; n < Clients; n++)
        {
            clients.Add(new HandWrittenClient([]));
            await clients[n].ConnectAsync(new Visit(host.Address, $"c{n}"));
            await clients[n].ReadAsync("connect");
        }

        var emitting = clients.Select(EmitUntilGoneAsync).ToList();
        var stopping = host.StopAsync();
        var acknowledged = await Task.WhenAll(emitting).WaitAsync(TestLimits.Step);
        await stopping;

        for (var n = 0; n < Clients; n++)
        {
            store.Events($"c{n}").Should().HaveCount(acknowledged[n], "what is stored is acknowledged");
            await clients[n].DisposeAsync();
        }
    }

    /// <summary>How many of its actions were acknowledged.</summary>
    private static async Task<int> EmitUntilGoneAsync(HandWrittenClient client)
    {
        var acknowledged = 0;
        while (true)
        {
            try
            {
                await client.EmitAsync(Actions.Message("hello"), wantsAck: true);
            }
            catch (Exception exception) when (exception is WebSocketException or InvalidOperationException or ObjectDisposedException)
            {
                // It has just been told to go.
            }

            var seen = await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            while (seen.On == "event")
            {
                seen = await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            }

            if (seen.On == "disconnect")
            {
                return acknowledged;
            }

            acknowledged++;
        }
    }

    private static async Task<int> HandshakeAsync(GatewayHost host, string transport)
    {
        using var client = await RawEngineClient.ConnectAsync(host.Address.Port);
        return (await client.UpgradeAsync($"/socket.io/?EIO=4&transport={transport}")).Status;
    }
}
