using System.Globalization;
using System.Text;

using Gateway.EngineIO;
using Gateway.EngineIO.Polling;
using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

public class EngineWebSocketTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(124)]
    [InlineData(125)]
    [InlineData(70_000)]
    [InlineData(4_194_303)]
    public async Task Message_TextAndBinary_ComeBackWhole(int length)
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.OpenAsync(host.Port);
        var text = new string('x', length);

        await client.SendTextAsync("4" + text);
        (await client.ReadTextAsync()).Should().Be("4" + text);

        await client.SendFrameAsync(RawEngineClient.Binary, Encoding.ASCII.GetBytes(text));
        var binary = await client.ReadFrameAsync();
        binary.Opcode.Should().Be(RawEngineClient.Binary);
        binary.Text.Should().Be(text);
    }

    [Fact]
    public async Task Messages_SentBeforeTheOpenPacketIsRead_AreAllReceived()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.ConnectAsync(host.Port);
        await client.WriteAsync(
            "GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
        await client.SendTextAsync("4one");
        await client.SendTextAsync("4two");

        (await client.ReadResponseAsync()).Status.Should().Be(101);
        (await client.ReadTextAsync()).Should().StartWith("0{");
        (await client.ReadTextAsync()).Should().Be("4one");
        (await client.ReadTextAsync()).Should().Be("4two");
    }

    [Fact]
    public async Task Messages_ManyFromSeveralThreads_ArriveEachInItsThreadsOrder()
    {
        await using var host = await EngineHost.StartAsync(static options => options.OutboundPackets = 65_536);
        using var client = await RawEngineClient.OpenAsync(host.Port);
        var session = await host.Application.NextAsync();

        var senders = Enumerable.Range(0, 4).Select(sender => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < 2_000; i++)
                {
                    session.Send($"{sender}:{i}").Should().BeTrue();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();

        var next = new int[4];
        for (var i = 0; i < 8_000; i++)
        {
            var parts = (await client.ReadTextAsync())[1..].Split(':');
            var sender = int.Parse(parts[0], CultureInfo.InvariantCulture);
            parts[1].Should().Be(next[sender]++.ToString(CultureInfo.InvariantCulture));
        }

        await Task.WhenAll(senders).WaitAsync(TestLimits.Step);
    }

    [Fact]
    public async Task Fragments_WithAPingBetween_AreOneMessageAndThePingIsAnswered()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.OpenAsync(host.Port);

        await client.SendFrameAsync(RawEngineClient.Text, "4he"u8.ToArray(), final: false);
        await client.SendFrameAsync(RawEngineClient.Ping, "are you there"u8.ToArray());
        var pong = await client.ReadFrameAsync();
        await client.SendFrameAsync(0, "llo"u8.ToArray());

        pong.Opcode.Should().Be(RawEngineClient.Pong);
        pong.Text.Should().Be("are you there");
        (await client.ReadTextAsync()).Should().Be("4hello");
    }

    [Fact]
    public async Task Close_ByTheClient_IsAnsweredWithItsCode()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.OpenAsync(host.Port);

        await client.SendFrameAsync(RawEngineClient.Close, new byte[] { 0x03, 0xE9 });
        var close = await client.ReadFrameAsync();

        close.Opcode.Should().Be(RawEngineClient.Close);
        close.CloseCode.Should().Be(1001);
        (await client.ReadToEndAsync()).Should().Be(0);
        (await (await host.Application.NextAsync()).Closed).Should().Be(CloseReason.ClientClosed);
    }

    [Fact]
    public async Task Close_Packet_ClosesTheConnection()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.OpenAsync(host.Port);

        await client.SendTextAsync("1");

        (await client.ReadCloseAsync()).CloseCode.Should().Be(1000);
        (await client.ReadToEndAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Close_ByTheServer_ClientThatDoesNotAnswerIsCutOff()
    {
        var time = new FakeTimeProvider();
        await using var host = await EngineHost.StartAsync(time: time);
        using var client = await RawEngineClient.OpenAsync(host.Port);
        var session = await host.Application.NextAsync();

        session.Connection.Close(CloseReason.ServerClosed);
        (await client.ReadFrameAsync()).CloseText.Should().Be("closed by server");
        await session.Closed;
        time.Advance(TimeSpan.FromSeconds(2));

        (await client.ReadToEndAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Close_AsItsTimeIsOver_NeverReachesARequestThatHasEnded()
    {
        // The cut and the client's own end come at the same moment, again and again: an exception in a timer would end the process.
        await using var host = await EngineHost.StartAsync(static options => options.CloseTimeout = TimeSpan.FromMilliseconds(50));
        for (var round = 0; round < 10; round++)
        {
            var clients = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => RawEngineClient.OpenAsync(host.Port)));
            for (var i = 0; i < clients.Length; i++)
            {
                (await host.Application.NextAsync()).Connection.Close(CloseReason.ServerClosed);
            }

            await Task.WhenAll(clients.Select(static client => client.ReadToEndAsync()));
            Array.ForEach(clients, static client => client.Dispose());
        }

        host.Registry.Count.Should().Be(0);
    }

    [Fact]
    public async Task CloseAfterFlush_PacketsWait_AreSentBeforeTheClose()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.OpenAsync(host.Port);
        var session = await host.Application.NextAsync();

        session.Send("one");
        session.Send("two");
        session.Connection.CloseAfterFlush(CloseReason.Refused, TimeSpan.FromMinutes(1));

        (await client.ReadTextAsync()).Should().Be("4one");
        (await client.ReadTextAsync()).Should().Be("4two");
        (await client.ReadCloseAsync()).CloseText.Should().Be("refused");
    }

    [Fact]
    public async Task Connection_Reset_EndsTheSession()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.OpenAsync(host.Port);

        client.Reset();

        (await (await host.Application.NextAsync()).Closed).Should().Be(CloseReason.TransportLost);
        host.Registry.Count.Should().Be(0);
    }

    [Fact]
    public async Task Stop_SessionsOpen_AreToldAndTheServerStops()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.OpenAsync(host.Port);
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        using var polling = await RawEngineClient.ConnectAsync(host.Port);
        await polling.WriteAsync($"GET /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\n\r\n");
        (await RawEngineClient.PostAsync(host.Port, sid, "4go")).Status.Should().Be(200);
        (await polling.ReadResponseAsync()).Text.Should().Be("4go");
        await polling.WriteAsync($"GET /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\n\r\n");
        var parked = polling.ReadResponseAsync();
        var transport = (PollingTransport)host.Registry.Sessions.Single(session => session.Sid == sid).Transport;
        await Eventually.IsTrueAsync(transport.IsPollOpen, "the poll has come");

        var stopping = host.StopAsync();

        (await client.ReadCloseAsync()).CloseCode.Should().Be(1012);
        (await parked).Text.Should().Be("1");
        await stopping;
        host.Registry.Count.Should().Be(0);
    }
}
