using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

using Gateway.EngineIO;
using Gateway.EngineIO.Polling;
using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

/// <summary>Whatever wakes the writer of a WebSocket, and however often: it writes one thing at a time, and everything.</summary>
public sealed class WebSocketWriterTests
{
    private const int LargestBurst = 200;

    [Fact]
    public async Task Pings_InBurstsWhileEventsAreWritten_AllArrivesAndTheLastPingIsAnswered()
    {
        const int Pings = 200_000;
        await using var host = await EngineHost.StartAsync(application: new RecordingApplication());
        using var client = await RawEngineClient.OpenAsync(host.Port);
        var session = await host.Application.NextAsync();

        // The next event goes when the one before it has arrived, and the next burst when the last ping of the one before it is
        // answered, so that the writer begins and ends its work all the time.
        using var arrived = new SemaphoreSlim(1);
        using var pongs = new SemaphoreSlim(0);
        var lastOfBurst = new ConcurrentQueue<int>();
        var pinging = PingAsync(client, Pings, lastOfBurst, pongs);
        var sending = SendUntilAsync(session, arrived, pinging);
        var events = 0;
        var answered = -1;
        var isEnded = false;
        while (!isEnded || answered < Pings - 1)
        {
            var frame = await client.ReadFrameAsync();
            if (frame.Opcode == RawEngineClient.Text)
            {
                isEnded = frame.Text == "4end";
                if (isEnded)
                {
                    continue;
                }

                int.Parse(frame.Text.AsSpan(1), CultureInfo.InvariantCulture).Should().Be(events++);
                arrived.Release();
                continue;
            }

            frame.Opcode.Should().Be(RawEngineClient.Pong);
            var ping = BinaryPrimitives.ReadInt32BigEndian(frame.Payload);
            ping.Should().BeGreaterThan(answered);
            answered = ping;
            if (lastOfBurst.TryPeek(out var last) && last == ping)
            {
                lastOfBurst.TryDequeue(out _);
                pongs.Release();
            }
        }

        await pinging.WaitAsync(TestLimits.Step);
        events.Should().Be(await sending.WaitAsync(TestLimits.Step));
        await EndsQuicklyAsync(host, client);
    }

    [Fact]
    public async Task Upgrade_MessagesInTheSwitch_AreWrittenWholeAndInOrder()
    {
        await using var host = await EngineHost.StartAsync();
        for (var round = 0; round < LongTests.Scale(300, 5_000); round++)
        {
            await UpgradeAsync(host);
        }
    }

    private static async Task UpgradeAsync(EngineHost host)
    {
        const int Messages = 4;
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        host.Registry.TryGet(sid, host.Application, out var session).Should().BeTrue();
        var parked = RawEngineClient.PollAsync(host.Port, sid);
        using var socket = await RawEngineClient.ConnectAsync(host.Port);
        (await socket.UpgradeAsync($"/engine.io/?EIO=4&transport=websocket&sid={sid}")).Status.Should().Be(101);
        await socket.SendTextAsync("2probe");
        (await socket.ReadTextAsync()).Should().Be("3probe");
        (await parked).Text.Should().Be("6");

        // From another thread, at the moment of the switch; large enough to be many writes.
        var filler = new string('x', 200_000);
        var sending = Task.Run(async () =>
        {
            SpinWait.SpinUntil(() => session!.Transport is not PollingTransport, TestLimits.Step)
                .Should().BeTrue("the session is switched");
            Thread.SpinWait(Random.Shared.Next(300));
            for (var i = 0; i < Messages; i++)
            {
                var message = new EngineMessage(Encoding.UTF8.GetBytes($"{i}{filler}"));
                (await session!.SendAsync([message], CancellationToken.None)).Should().BeTrue();
            }
        });
        await socket.SendTextAsync("5");
        for (var i = 0; i < Messages; i++)
        {
            (await socket.ReadTextAsync()).Should().Be($"4{i}{filler}");
        }

        await sending.WaitAsync(TestLimits.Step);
        await socket.SendTextAsync("1");
        (await socket.ReadCloseAsync()).CloseCode.Should().Be(1000);
    }

    private static async Task PingAsync(RawEngineClient client, int pings, ConcurrentQueue<int> lastOfBurst, SemaphoreSlim pongs)
    {
        var payload = new byte[4];
        for (var sent = 0; sent < pings;)
        {
            // A write for each: the next ping arrives while the pong of the one before it is being written.
            var end = Math.Min(pings, sent + Random.Shared.Next(1, LargestBurst));
            lastOfBurst.Enqueue(end - 1);
            for (; sent < end; sent++)
            {
                BinaryPrimitives.WriteInt32BigEndian(payload, sent);
                await client.WriteAsync(RawEngineClient.FormatFrame(0x80 | RawEngineClient.Ping, payload));
            }

            (await pongs.WaitAsync(TestLimits.Step)).Should().BeTrue("ping {0} is answered", sent - 1);
        }
    }

    // Events as long as pings come, and how many they were.
    private static async Task<int> SendUntilAsync(RecordedSession session, SemaphoreSlim arrived, Task pinging)
    {
        var count = 0;
        while (!pinging.IsCompleted)
        {
            (await arrived.WaitAsync(TestLimits.Step)).Should().BeTrue("event {0} arrives", count - 1);
            (await session.SendAsync(count.ToString(CultureInfo.InvariantCulture))).Should().BeTrue();
            count++;
        }

        (await session.SendAsync("end")).Should().BeTrue();
        return count;
    }

    // A writer that is stuck would keep the request, and the request the server.
    private static async Task EndsQuicklyAsync(EngineHost host, RawEngineClient client)
    {
        var stopping = host.StopAsync();
        await client.ReadCloseAsync();
        client.Dispose();
        await stopping.WaitAsync(TimeSpan.FromSeconds(5));
    }
}
