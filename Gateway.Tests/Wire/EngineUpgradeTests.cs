using System.Globalization;

using Gateway.EngineIO;
using Gateway.EngineIO.Polling;
using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

public class EngineUpgradeTests
{
    [Fact]
    public async Task Upgrade_ParkedPoll_ComesBackWithNoopAndTheWebSocketTakesOver()
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var parked = RawEngineClient.PollAsync(host.Port, sid);
        using var socket = await ProbeAsync(host.Port, sid);

        (await parked).Text.Should().Be("6");
        (await RawEngineClient.PollAsync(host.Port, sid)).Text.Should().Be("6", "no poll may stall the upgrade");
        await socket.SendTextAsync("5");
        await socket.SendTextAsync("4over");

        (await socket.ReadTextAsync()).Should().Be("4over");
        (await RawEngineClient.PollAsync(host.Port, sid)).Status.Should().Be(400);
        (await RawEngineClient.PostAsync(host.Port, sid, "4no")).Status.Should().Be(400);
        await socket.SendTextAsync("4still");
        (await socket.ReadTextAsync()).Should().Be("4still");
    }

    [Fact]
    public async Task Upgrade_WhilePacketsFlow_LosesAndReordersNothing()
    {
        const int Count = 3_000;
        await using var host = await EngineHost.StartAsync(application: new RecordingApplication());
        for (var round = 0; round < 3; round++)
        {
            var sid = await RawEngineClient.OpenPollingAsync(host.Port);
            var session = await host.Application.NextAsync();
            var sending = SendAllAsync(session, Count);
            var received = new List<int>();
            using var polls = await RawEngineClient.ConnectAsync(host.Port);
            received.AddRange(await PollAsync(polls, sid));

            // As clients do it: polls go on until one comes back after the probe has been answered.
            var probing = ProbeAsync(host.Port, sid);
            do
            {
                received.AddRange(await PollAsync(polls, sid));
            }
            while (!probing.IsCompleted);
            received.AddRange(await PollAsync(polls, sid));
            using var socket = await probing;
            await socket.SendTextAsync("5");
            while (received.Count < Count)
            {
                received.Add(Number(await socket.ReadTextAsync()));
            }

            await sending.WaitAsync(TestLimits.Step);
            received.Should().Equal(Enumerable.Range(0, Count));
            session.Connection.Close(CloseReason.ServerClosed);
        }
    }

    [Fact]
    public async Task Upgrade_PostIsOpenWhenTheClientSwitches_ItsPacketsComeFirst()
    {
        var release = new TaskCompletionSource();
        var application = new RecordingApplication(onMessage: async (_, _) => await release.Task);
        await using var host = await EngineHost.StartAsync(application: application);
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var session = await application.NextAsync();
        var post = RawEngineClient.PostAsync(host.Port, sid, "4first\u001e4second");
        (await session.NextAsync()).Should().Be("first");
        using var socket = await ProbeAsync(host.Port, sid);

        await socket.SendTextAsync("5");
        await socket.SendTextAsync("4third");
        release.SetResult();

        (await session.NextAsync()).Should().Be("second");
        (await session.NextAsync()).Should().Be("third");
        (await post).Text.Should().Be("ok");
        session.Overlapped.Should().BeFalse();
    }

    [Fact]
    public async Task Upgrade_NeverFinished_IsCutOffAndPollingGoesOn()
    {
        var time = new FakeTimeProvider();
        await using var host = await EngineHost.StartAsync(time: time);
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        using var socket = await ProbeAsync(host.Port, sid);

        time.Advance(TimeSpan.FromSeconds(10));

        await socket.ReadToEndAsync();
        (await RawEngineClient.PostAsync(host.Port, sid, "4alive")).Text.Should().Be("ok");
        (await PollUntilAsync(host.Port, sid)).Should().Be("4alive");
        using var again = await ProbeAgainAsync(host.Port, sid);
        await again.SendTextAsync("5");
        await again.SendTextAsync("4now");
        (await again.ReadTextAsync()).Should().Be("4now");
    }

    [Fact]
    public async Task Upgrade_PostIsLeftUnfinished_FailsAndPollingGoesOn()
    {
        var time = new FakeTimeProvider();
        await using var host = await EngineHost.StartAsync(time: time);
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var session = await host.Application.NextAsync();
        var polling = PollingOf(host, sid);
        using var post = await RawEngineClient.ConnectAsync(host.Port);
        await post.WriteAsync($"POST /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n4la");
        await Eventually.IsTrueAsync(() => polling.Progress > 0, "the POST is being read");
        using var socket = await ProbeAsync(host.Port, sid);
        await socket.SendTextAsync("5");
        while ((await RawEngineClient.PollAsync(host.Port, sid)).Status != 400)
        {
            // Until the server has read the upgrade packet.
        }

        // The first piece of the POST came since the upgrade began, or before it.
        time.Advance(TimeSpan.FromSeconds(10));
        time.Advance(TimeSpan.FromSeconds(10));

        (await socket.ReadToEndAsync()).Should().Be(0);
        await post.WriteAsync("ter");
        (await post.ReadResponseAsync()).Text.Should().Be("ok");
        (await session.NextAsync()).Should().Be("later");
        (await PollUntilAsync(host.Port, sid)).Should().Be("4later");
        using var again = await ProbeAgainAsync(host.Port, sid);
        await again.SendTextAsync("5");
        await again.SendTextAsync("4now");
        (await again.ReadTextAsync()).Should().Be("4now");
    }

    [Fact]
    public async Task Upgrade_PollIsBringingALargePacket_IsGivenTimeAsLongAsItArrives()
    {
        const int Size = 24 * 1_024 * 1_024;
        var time = new FakeTimeProvider();
        await using var host = await EngineHost.StartAsync(time: time);
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var session = await host.Application.NextAsync();
        var polling = PollingOf(host, sid);
        session.Send(new string('x', Size)).Should().BeTrue();
        using var poll = await RawEngineClient.ConnectAsync(host.Port, receiveBuffer: 64 * 1_024);
        await poll.WriteAsync($"GET /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\n\r\n");
        await Eventually.IsTrueAsync(() => polling is { IsWriting: true, Progress: > 0 }, "the answer is being written");
        using var socket = await ProbeAsync(host.Port, sid);
        await socket.SendTextAsync("5");

        await poll.ReadHeadAsync();

        // Twice the time that an upgrade has, and the client has read a part of its poll in each.
        for (var i = 0; i < 2; i++)
        {
            var before = polling.Progress;
            await poll.SkipAsync(Size / 3);
            await Eventually.IsTrueAsync(() => polling.Progress > before, "the client has read more");
            time.Advance(TimeSpan.FromSeconds(10));
        }

        await poll.SkipAsync(Size + 1 - (2 * (Size / 3)));
        await socket.SendTextAsync("4over");
        (await socket.ReadTextAsync()).Should().Be("4over");
    }

    [Theory]
    [InlineData("2other")]
    [InlineData("4probe")]
    [InlineData("5")]
    [InlineData("x")]
    [InlineData("")]
    public async Task Upgrade_WrongProbe_IsClosedAndPollingGoesOn(string probe)
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        using var socket = await RawEngineClient.ConnectAsync(host.Port);
        (await socket.UpgradeAsync($"/engine.io/?EIO=4&transport=websocket&sid={sid}")).Status.Should().Be(101);

        await socket.SendTextAsync(probe);

        await ShouldBeNoUpgradeAsync(host, socket);
        (await RawEngineClient.PostAsync(host.Port, sid, "4alive")).Text.Should().Be("ok");
        (await RawEngineClient.PollAsync(host.Port, sid)).Text.Should().Be("4alive");
    }

    [Fact]
    public async Task Upgrade_MessageInPlaceOfTheUpgradePacket_IsClosedAndPollingGoesOn()
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        using var socket = await ProbeAsync(host.Port, sid);

        await socket.SendTextAsync("4early");

        await ShouldBeNoUpgradeAsync(host, socket);
        using var again = await ProbeAgainAsync(host.Port, sid);
        await again.SendTextAsync("5");
        await again.SendTextAsync("4now");
        (await again.ReadTextAsync()).Should().Be("4now");
    }

    /// <summary>Of the WebSocket, not of Engine.IO: libraries and proxies send them when they like, and drop who does not answer.</summary>
    [Fact]
    public async Task Upgrade_PingFramesOnTheWay_AreAnswered()
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        using var socket = await RawEngineClient.ConnectAsync(host.Port);
        (await socket.UpgradeAsync($"/engine.io/?EIO=4&transport=websocket&sid={sid}")).Status.Should().Be(101);

        await socket.SendFrameAsync(RawEngineClient.Ping, "one"u8.ToArray());
        (await ReadPongAsync(socket)).Should().Be("one");
        await socket.SendTextAsync("2probe");
        (await socket.ReadTextAsync()).Should().Be("3probe");
        await socket.SendFrameAsync(RawEngineClient.Ping, "two"u8.ToArray());

        (await ReadPongAsync(socket)).Should().Be("two");
        await socket.SendTextAsync("5");
        await socket.SendTextAsync("4over");
        (await socket.ReadTextAsync()).Should().Be("4over");
    }

    [Fact]
    public async Task Upgrade_ResetAtEveryStage_LeavesTheSessionsToTheirHeartbeat()
    {
        var time = new FakeTimeProvider();
        await using var host = await EngineHost.StartAsync(time: time);
        for (var i = 0; i < 30; i++)
        {
            var sid = await RawEngineClient.OpenPollingAsync(host.Port);
            if (i % 3 == 0)
            {
                using var half = await RawEngineClient.ConnectAsync(host.Port);
                await half.WriteAsync($"GET /engine.io/?EIO=4&transport=websocket&sid={sid} HTTP/1.1\r\nHost: x\r\nUpgr");
                continue;
            }

            using var socket = i % 3 == 1 ? await RawEngineClient.ConnectAsync(host.Port) : await ProbeAsync(host.Port, sid);
            if (i % 3 == 1)
            {
                await socket.UpgradeAsync($"/engine.io/?EIO=4&transport=websocket&sid={sid}");
            }

            socket.Reset();
        }

        host.Registry.Count.Should().Be(30);
        time.Advance(TimeSpan.FromSeconds(45));
        for (var i = 0; i < 30; i++)
        {
            (await (await host.Application.NextAsync()).Closed).Should().Be(CloseReason.PingTimeout);
        }

        host.Registry.Count.Should().Be(0);
    }

    [Fact]
    public async Task Upgrade_Second_IsClosedAndTheFirstGoesOn()
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        using var first = await ProbeAsync(host.Port, sid);

        await ShouldBeClosedAsync();
        await first.SendTextAsync("5");
        await first.SendTextAsync("4one");
        (await first.ReadTextAsync()).Should().Be("4one");
        await ShouldBeClosedAsync();
        await first.SendTextAsync("4two");
        (await first.ReadTextAsync()).Should().Be("4two");

        async Task ShouldBeClosedAsync()
        {
            using var second = await RawEngineClient.ConnectAsync(host.Port);
            (await second.UpgradeAsync($"/engine.io/?EIO=4&transport=websocket&sid={sid}")).Status.Should().Be(101);
            (await second.ReadCloseAsync()).CloseCode.Should().Be(1008);
            (await second.ReadToEndAsync()).Should().Be(0);
        }
    }

    [Fact]
    public async Task Upgrade_SessionEndsMeanwhile_ConnectionIsCut()
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var session = await host.Application.NextAsync();
        using var socket = await ProbeAsync(host.Port, sid);

        session.Connection.Close(CloseReason.ServerClosed);

        (await socket.ReadToEndAsync()).Should().Be(0);
        (await session.Closed).Should().Be(CloseReason.ServerClosed);
    }

    private static async Task<string> ReadPongAsync(RawEngineClient socket)
    {
        var frame = await socket.ReadFrameAsync();
        frame.Opcode.Should().Be(RawEngineClient.Pong);
        return frame.Text;
    }

    private static async Task ShouldBeNoUpgradeAsync(EngineHost host, RawEngineClient socket)
    {
        var close = await socket.ReadCloseAsync();
        (close.CloseCode, close.CloseText).Should().Be((1002, "not a packet of an upgrade"));
        (await socket.ReadToEndAsync()).Should().Be(0);
        host.Log.Count("came to nothing: unexpected_packet").Should().Be(1);
    }

    private static PollingTransport PollingOf(EngineHost host, string sid)
    {
        host.Registry.TryGet(sid, host.Application, out var session).Should().BeTrue();
        return session!.Transport.Should().BeOfType<PollingTransport>().Subject;
    }

    private static async Task<RawEngineClient> ProbeAsync(int port, string sid)
    {
        var socket = await SendProbeAsync(port, sid);
        (await socket.ReadTextAsync()).Should().Be("3probe");
        return socket;
    }

    /// <summary>As above, after an upgrade that was cut off, which the client may know before the session is free again.</summary>
    private static async Task<RawEngineClient> ProbeAgainAsync(int port, string sid) =>
        (await Eventually.GetAsync(() => TryProbeAsync(port, sid), static socket => socket is not null, "the session is free again"))!;

    private static async Task<RawEngineClient?> TryProbeAsync(int port, string sid)
    {
        var socket = await SendProbeAsync(port, sid);
        var frame = await socket.ReadFrameAsync();
        if (frame.Opcode == RawEngineClient.Text)
        {
            frame.Text.Should().Be("3probe");
            return socket;
        }

        frame.CloseCode.Should().Be(1008);
        socket.Dispose();
        return null;
    }

    private static async Task<RawEngineClient> SendProbeAsync(int port, string sid)
    {
        var socket = await RawEngineClient.ConnectAsync(port);
        var response = await socket.UpgradeAsync($"/engine.io/?EIO=4&transport=websocket&sid={sid}");
        response.Status.Should().Be(101, response.Text);
        await socket.SendTextAsync("2probe");
        return socket;
    }

    private static async Task SendAllAsync(RecordedSession session, int count)
    {
        for (var i = 0; i < count; i++)
        {
            (await session.SendAsync(i.ToString(CultureInfo.InvariantCulture))).Should().BeTrue();
        }
    }

    private static async Task<IEnumerable<int>> PollAsync(RawEngineClient client, string sid)
    {
        var response = await client.RequestAsync("GET", $"/engine.io/?EIO=4&transport=polling&sid={sid}");
        response.Status.Should().Be(200, response.Text);
        return response.Text.Split('\u001e').Where(static packet => packet != "6").Select(Number);
    }

    /// <summary>The first poll that brings a message; the abandoned upgrade may still be sending them back empty.</summary>
    private static async Task<string> PollUntilAsync(int port, string sid)
    {
        while (true)
        {
            var text = (await RawEngineClient.PollAsync(port, sid)).Text;
            if (text != "6")
            {
                return text;
            }
        }
    }

    private static int Number(string packet) => int.Parse(packet.AsSpan(1), CultureInfo.InvariantCulture);
}
