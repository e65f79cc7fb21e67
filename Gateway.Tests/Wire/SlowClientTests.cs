using System.Globalization;
using System.Text;

using Gateway.SocketIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

/// <summary>A client that reads slowly, or not for a while, gets everything all the same; what it may cost is bounded.</summary>
public sealed class SlowClientTests
{
    // At this pace the packet needs 80 s of the clock, as long as a ping's interval and timeout twice; what the kernel's buffers hold back
    // of it needs less than a timeout.
    private const int LargePacket = 40 * 1_024 * 1_024;
    private const int BytesPerSecond = 512 * 1_024;

    [Fact]
    public async Task LargePacket_OverASlowWebSocket_ArrivesAndTheClientStays()
    {
        var time = new FakeTimeProvider();
        await using var host = await EngineHost.StartAsync(application: new RecordingApplication(), time: time);
        using var client = await RawEngineClient.OpenAsync(host.Port, receiveBuffer: 64 * 1_024);
        var session = await host.Application.NextAsync();
        client.OnBytes = count => time.Advance(TimeOnLink(count));
        session.Send(new string('x', LargePacket)).Should().BeTrue();
        var after = session.SendAsync("after").AsTask();

        (await ReadMessageAsync(client)).Should().HaveLength(LargePacket);
        (await ReadMessageAsync(client)).Should().Be("after");

        (await after.WaitAsync(TestLimits.Step)).Should().BeTrue();
        await client.SendTextAsync("4still here");
        (await session.NextAsync()).Should().Be("still here");
    }

    [Fact]
    public async Task LargePacket_OverSlowPolling_ArrivesAndTheClientStays()
    {
        var time = new FakeTimeProvider();
        await using var host = await EngineHost.StartAsync(application: new RecordingApplication(), time: time);
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var session = await host.Application.NextAsync();
        using var polls = await RawEngineClient.ConnectAsync(host.Port, receiveBuffer: 64 * 1_024);
        polls.OnBytes = count => time.Advance(TimeOnLink(count));
        session.Send(new string('x', LargePacket)).Should().BeTrue();
        var after = session.SendAsync("after").AsTask();

        var received = new List<int>();
        while (received.Count < 2)
        {
            var poll = await polls.RequestAsync("GET", $"/engine.io/?EIO=4&transport=polling&sid={sid}");
            poll.Status.Should().Be(200, poll.Text);
            foreach (var packet in poll.Text.Split('\u001e'))
            {
                if (packet == "2")
                {
                    (await RawEngineClient.PostAsync(host.Port, sid, "3")).Text.Should().Be("ok");
                }
                else
                {
                    received.Add(packet.Length - 1);
                }
            }
        }

        received.Should().Equal(LargePacket, "after".Length);
        (await after.WaitAsync(TestLimits.Step)).Should().BeTrue();
        (await RawEngineClient.PostAsync(host.Port, sid, "4still here")).Text.Should().Be("ok");
        (await session.NextAsync()).Should().Be("still here");
    }

    [Theory]
    [InlineData(16)]
    [InlineData(20)]
    [InlineData(256)]
    public async Task Replay_ClientPauses_GetsEverythingHoweverSmallTheQueue(int packets)
    {
        const int Events = 20_000;
        await using var host = await SocketHost.StartAsync(engine: options => options.OutboundPackets = packets);
        using var client = await RawEngineClient.OpenAsync(host.Port, SocketHost.Path, receiveBuffer: 64 * 1_024);
        await client.SendTextAsync("40");
        (await client.ReadTextAsync()).Should().StartWith("40");
        var socket = await host.Handler.NextSocketAsync();
        var batch = new PreparedEventBatch("e");
        for (var i = 0; i < Events; i++)
        {
            batch.Add(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\"{i}{new string('x', 1_000)}\"")));
        }

        var replay = socket.SendAsync(batch.Build(), socket.Closing).AsTask();

        // What the client does not read fills the kernel's buffers and then the queue. Meanwhile others have something to say too.
        host.Registry.Count.Should().Be(1);
        for (var i = 0; i < packets / 4; i++)
        {
            socket.Emit("broadcast", "[]"u8).Should().BeTrue("a part of the queue is kept for those who cannot wait");
        }

        var next = 0;
        while (next < Events)
        {
            var text = await client.ReadTextAsync();
            if (text != "42[\"broadcast\"]")
            {
                text.Should().StartWith($"42[\"e\",\"{next++}x");
            }
        }

        (await replay.WaitAsync(TestLimits.Step)).Should().BeTrue();
    }

    private static TimeSpan TimeOnLink(int bytes) => TimeSpan.FromSeconds((double)bytes / BytesPerSecond);

    // The next message; pings are answered on the way.
    private static async Task<string> ReadMessageAsync(RawEngineClient client)
    {
        while (true)
        {
            var text = await client.ReadTextAsync();
            if (text != "2")
            {
                return text[1..];
            }

            await client.SendTextAsync("3");
        }
    }
}
