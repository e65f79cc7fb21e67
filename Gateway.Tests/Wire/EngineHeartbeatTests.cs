using Gateway.EngineIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

public class EngineHeartbeatTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task WebSocket_ShortestSettings_PingsAndLivesWhilePongsCome()
    {
        // The time-out is long here: what is tested is that pings come on, not how busy the machine is.
        await using var host = await EngineHost.StartAsync(static options => options.PingInterval = s_short);
        using var client = await RawEngineClient.OpenAsync(host.Port);

        for (var i = 0; i < 5; i++)
        {
            (await client.ReadTextAsync()).Should().Be("2");
            await client.SendTextAsync("3");
        }

        host.Registry.Count.Should().Be(1);
    }

    [Fact]
    public async Task WebSocket_NoPong_IsClosed()
    {
        await using var host = await EngineHost.StartAsync(static options =>
        {
            // Long enough for the ping to come first on the busiest machine.
            options.PingInterval = s_short;
            options.PingTimeout = TimeSpan.FromSeconds(1);
        });
        using var client = await RawEngineClient.OpenAsync(host.Port);

        (await client.ReadTextAsync()).Should().Be("2");
        var close = await client.ReadCloseAsync();

        close.CloseCode.Should().Be(1000);
        close.CloseText.Should().Be("ping timeout");
        (await (await host.Application.NextAsync()).Closed).Should().Be(CloseReason.PingTimeout);
        host.Registry.Count.Should().Be(0);
    }

    [Fact]
    public async Task Polling_ShortestSettings_PingsAndLivesWhilePongsCome()
    {
        await using var host = await EngineHost.StartAsync(static options => options.PingInterval = s_short);
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);

        for (var i = 0; i < 5; i++)
        {
            (await RawEngineClient.PollAsync(host.Port, sid)).Text.Should().Be("2");
            (await RawEngineClient.PostAsync(host.Port, sid, "3")).Status.Should().Be(200);
        }
    }

    [Fact]
    public async Task Polling_AbandonedByItsClient_IsGoneAfterItsTime()
    {
        await using var host = await EngineHost.StartAsync(SetShort);
        for (var i = 0; i < 20; i++)
        {
            await RawEngineClient.OpenPollingAsync(host.Port);
        }

        for (var i = 0; i < 20; i++)
        {
            (await (await host.Application.NextAsync()).Closed).Should().Be(CloseReason.PingTimeout);
        }

        host.Registry.Count.Should().Be(0);
    }

    [Fact]
    public async Task Polling_DeadlinePassedBeforeTheTimerRan_NextPollIsRefused()
    {
        var time = new FakeTimeProvider();
        await using var host = await EngineHost.StartAsync(time: time);
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);

        time.Advance(TimeSpan.FromSeconds(45));

        (await RawEngineClient.PollAsync(host.Port, sid)).Status.Should().Be(400);
    }

    [Fact]
    public async Task WebSocket_UnsolicitedPongsAndPings_AreIgnoredAndStartNoTimers()
    {
        var time = new FakeTimeProvider();
        await using var host = await EngineHost.StartAsync(time: time);
        using var client = await RawEngineClient.OpenAsync(host.Port);
        var timers = time.ActiveTimers;
        for (var i = 0; i < 2_000; i++)
        {
            await client.SendTextAsync(i % 2 == 0 ? "3" : "2");
        }

        await client.SendTextAsync("4still here");

        (await client.ReadTextAsync()).Should().Be("4still here", "a client's ping gets no answer");
        time.ActiveTimers.Should().Be(timers);
    }

    private static void SetShort(EngineOptions options)
    {
        options.PingInterval = s_short;
        options.PingTimeout = s_short;
    }
}
