using System.Globalization;
using System.Text;

using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

/// <summary>A client that reads slowly, or not for a while, gets everything all the same; what it may cost is bounded.</summary>
public sealed class SlowClientTests
{
    private static readonly int s_largePacket = LongTests.Scale(44, 50) * 1_024 * 1_024;
    private static readonly int s_bytesPerSecond = LongTests.Scale(4, 2) * 1_024 * 1_024;

    // By default half of the time that the packet needs, but more than the kernel's buffers hold back.
    private static readonly Action<EngineOptions> s_heartbeat = LongTests.Scale<Action<EngineOptions>>(
        static options => (options.PingInterval, options.PingTimeout) = (TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(6)),
        static _ => { });

    [Fact]
    public async Task LargePacket_OverASlowWebSocket_ArrivesAndTheClientStays()
    {
        await using var host = await EngineHost.StartAsync(s_heartbeat, new RecordingApplication());
        using var client = await RawEngineClient.OpenAsync(host.Port, receiveBuffer: 64 * 1_024);
        var session = await host.Application.NextAsync();
        client.BytesPerSecond = s_bytesPerSecond;
        session.Send(new string('x', s_largePacket)).Should().BeTrue();
        var after = session.SendAsync("after").AsTask();

        (await ReadMessageAsync(client)).Should().HaveLength(s_largePacket);
        (await ReadMessageAsync(client)).Should().Be("after");

        (await after.WaitAsync(TestLimits.Step)).Should().BeTrue();
        await client.SendTextAsync("4still here");
        (await session.NextAsync()).Should().Be("still here");
    }

    [Fact]
    public async Task LargePacket_OverSlowPolling_ArrivesAndTheClientStays()
    {
        await using var host = await EngineHost.StartAsync(s_heartbeat, new RecordingApplication());
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var session = await host.Application.NextAsync();
        using var polls = await RawEngineClient.ConnectAsync(host.Port, receiveBuffer: 64 * 1_024);
        polls.BytesPerSecond = s_bytesPerSecond;
        session.Send(new string('x', s_largePacket)).Should().BeTrue();
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

        received.Should().Equal(s_largePacket, "after".Length);
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
