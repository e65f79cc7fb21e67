using Gateway.EngineIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

/// <summary>The attacks known in this family of servers, as far as they are Engine.IO's.</summary>
public class EngineLimitsTests
{
    [Fact]
    public async Task WebSocket_HeaderAnnouncesTooMuch_ClosesBeforeAnyOfItArrives()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.OpenAsync(host.Port);

        await client.WriteAsync(RawEngineClient.FormatFrame(0x82, [], announced: 4L * 1_024 * 1_024 * 1_024));

        await ShouldCloseAsync(host, client, 1009, CloseReason.PayloadTooLarge);
    }

    [Fact]
    public async Task WebSocket_OneByteTooMuch_ClosesAndSaysWhy()
    {
        await using var host = await EngineHost.StartAsync(static options => options.MaxPayloadBytes = 1_024);
        using var client = await RawEngineClient.OpenAsync(host.Port);

        await client.SendTextAsync("4" + new string('x', 1_023));
        (await client.ReadTextAsync()).Should().HaveLength(1_024);
        await client.SendTextAsync("4" + new string('x', 1_024));

        var close = await ShouldCloseAsync(host, client, 1009, CloseReason.PayloadTooLarge);
        close.CloseText.Should().Be("message too large");
    }

    [Fact]
    public async Task WebSocket_TooManyFragments_Closes()
    {
        await using var host = await EngineHost.StartAsync(static options => options.MaxFragmentsPerMessage = 8);
        using var client = await RawEngineClient.OpenAsync(host.Port);

        await client.SendFrameAsync(RawEngineClient.Text, "4"u8.ToArray(), final: false);
        for (var i = 0; i < 8; i++)
        {
            await client.SendFrameAsync(0, ReadOnlyMemory<byte>.Empty, final: false);
        }

        await ShouldCloseAsync(host, client, 1008, CloseReason.TooManyPackets);
    }

    [Fact]
    public async Task WebSocket_FragmentsAddUpToTooMuch_Closes()
    {
        await using var host = await EngineHost.StartAsync(static options => options.MaxPayloadBytes = 1_024);
        using var client = await RawEngineClient.OpenAsync(host.Port);

        await client.SendFrameAsync(RawEngineClient.Binary, new byte[1_000], final: false);
        await client.SendFrameAsync(0, new byte[25]);

        await ShouldCloseAsync(host, client, 1009, CloseReason.PayloadTooLarge);
    }

    [Theory]
    [InlineData(new byte[] { 0x81, 0x01, (byte)'4' }, 1002)]
    [InlineData(new byte[] { 0xC1, 0x80, 1, 2, 3, 4 }, 1002)]
    [InlineData(new byte[] { 0x83, 0x80, 1, 2, 3, 4 }, 1002)]
    [InlineData(new byte[] { 0x80, 0x80, 1, 2, 3, 4 }, 1002)]
    [InlineData(new byte[] { 0x89, 0xFE, 0, 200, 1, 2, 3, 4 }, 1002)]
    [InlineData(new byte[] { 0x88, 0x81, 0, 0, 0, 0, 1 }, 1002)]
    [InlineData(new byte[] { 0x81, 0x82, 0, 0, 0, 0, (byte)'4', 0xFF }, 1007)]
    [InlineData(new byte[] { 0x81, 0x80, 0, 0, 0, 0 }, 1002)]
    [InlineData(new byte[] { 0x81, 0x81, 0, 0, 0, 0, (byte)'x' }, 1002)]
    public async Task WebSocket_RuleBroken_ClosesWithTheCodeForIt(byte[] bytes, int code)
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.OpenAsync(host.Port);

        await client.WriteAsync(bytes);

        await ShouldCloseAsync(host, client, code, CloseReason.ProtocolError);
    }

    [Fact]
    public async Task Post_ContentLengthTooLarge_IsAnswered413BeforeTheBody()
    {
        await using var host = await EngineHost.StartAsync(static options => options.MaxPayloadBytes = 1_024);
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        await client.WriteAsync($"POST /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 1025\r\n\r\n");
        var response = await client.ReadResponseAsync();

        response.Status.Should().Be(413);
        response.Text.Should().Contain("maxPayload");
        (await (await host.Application.NextAsync()).Closed).Should().Be(CloseReason.PayloadTooLarge);
        (await RawEngineClient.PollAsync(host.Port, sid)).Status.Should().Be(400);
    }

    [Fact]
    public async Task Post_ChunkedWithoutEnd_IsCutOffAtTheLimit()
    {
        await using var host = await EngineHost.StartAsync(static options => options.MaxPayloadBytes = 4_096);
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        await client.WriteAsync(
            $"POST /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (var i = 0; i < 5; i++)
        {
            await client.WriteAsync("400\r\n" + new string('4', 1_024) + "\r\n");
        }

        (await client.ReadResponseAsync()).Status.Should().Be(413);
        (await (await host.Application.NextAsync()).Closed).Should().Be(CloseReason.PayloadTooLarge);
    }

    [Fact]
    public async Task Post_OverTheServersOwnDefault_IsTakenWhenTheSettingAllowsIt()
    {
        await using var host = await EngineHost.StartAsync(static options => options.MaxPayloadBytes = 40_000_000);
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);

        var response = await RawEngineClient.PostAsync(host.Port, sid, "4" + new string('x', 35_000_000));

        response.Status.Should().Be(200);
    }

    [Fact]
    public async Task Post_ManyTinyPackets_IsRefusedUnderOneTooMany()
    {
        await using var host = await EngineHost.StartAsync(application: new RecordingApplication());
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var session = await host.Application.NextAsync();

        (await RawEngineClient.PostAsync(host.Port, sid, string.Join('\u001e', Enumerable.Repeat("4", 256)))).Status.Should().Be(200);
        var response = await RawEngineClient.PostAsync(host.Port, sid, string.Join('\u001e', Enumerable.Repeat("4", 257)));

        response.Status.Should().Be(400);
        response.Text.Should().Contain("too many packets");
        (await session.Closed).Should().Be(CloseReason.TooManyPackets);
    }

    [Fact]
    public async Task Post_BodyNeverEnds_DiesWithItsSessionAndIsAnswered()
    {
        var time = new FakeTimeProvider();
        await using var host = await EngineHost.StartAsync(time: time);
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        using var client = await RawEngineClient.ConnectAsync(host.Port);
        await client.WriteAsync(
            $"POST /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
        (await client.ReadResponseAsync()).Status.Should().Be(100);

        time.Advance(TimeSpan.FromSeconds(45));

        (await client.ReadResponseAsync()).Status.Should().Be(400);
        host.Registry.Count.Should().Be(0);
    }

    [Fact]
    public async Task Queue_SenderThatCannotWait_ClosesTheClientThatDoesNotRead()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.OpenAsync(host.Port, receiveBuffer: 4_096);
        var session = await host.Application.NextAsync();
        var text = new string('x', 100_000);

        while (session.Send(text))
        {
            // Until the queue is full, which the network's buffers put off for a while.
        }

        (await session.Closed).Should().Be(CloseReason.SlowConsumer);
    }

    [Fact]
    public async Task Requests_AnyQueryAndHeaders_LeaveTheServerAsHealthyAsBefore()
    {
        await using var host = await EngineHost.StartAsync();
        var random = new Random(7);
        string[] values = ["", "4", "polling", "websocket", "%00", "%ff%fe", "__proto__", "-1", "null", new string('9', 300),
            "%F0%9F%92%A9", "a=b", "..%2f"];
        string[] names = ["EIO", "transport", "sid", "t", "b64", "j", "EIO", "transport", "%00"];
        for (var i = 0; i < 300; i++)
        {
            var query = string.Join('&', Enumerable.Range(0, random.Next(5)).Select(_ => $"{Pick(names)}={Pick(values)}"));
            var response = await RawEngineClient.SendAsync(
                host.Port, Pick(["GET", "POST", "OPTIONS", "PUT"]), "/engine.io/?" + query, random.Next(2) == 0 ? Pick(values) : null,
                $"Origin: {Pick(values)}", $"Upgrade: {Pick(values)}", $"Sec-WebSocket-Key: {Pick(values)}",
                    $"Connection: {Pick(["keep-alive", "Upgrade", "x"])}");

            response.Status.Should().BeOneOf(200, 204, 400, 403);
        }

        (await RawEngineClient.PostAsync(host.Port, await RawEngineClient.OpenPollingAsync(host.Port), "4hi")).Status.Should().Be(200);

        string Pick(string[] from) => from[random.Next(from.Length)];
    }

    [Fact]
    public async Task WebSocket_RandomBytes_AlwaysEndWithAReasonAndNoSessionStays()
    {
        await using var host = await EngineHost.StartAsync(static options => options.CloseTimeout = TimeSpan.FromMilliseconds(50));
        var random = new Random(11);
        for (var i = 0; i < 50; i++)
        {
            using var client = await RawEngineClient.OpenAsync(host.Port);
            var bytes = new byte[random.Next(1, 400)];
            random.NextBytes(bytes);
            await client.WriteAsync(bytes);
        }

        for (var i = 0; i < 50; i++)
        {
            await (await host.Application.NextAsync()).Closed;
        }

        host.Registry.Count.Should().Be(0);
    }

    [Fact]
    public async Task Log_KeysAndSids_NeverAppear()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.OpenAsync(
            host.Port, query: "&session_api_key=s3cr3t", headers: ["Cookie: token=s3cr3t", "Authorization: Bearer s3cr3t"]);
        await client.SendTextAsync("x-s3cr3t");
        await client.ReadCloseAsync();
        await (await host.Application.NextAsync()).Closed;

        host.Log.Lines.Where(static line => line.Category.StartsWith("Gateway", StringComparison.Ordinal)).Should()
            .NotBeEmpty().And.NotContain(line => line.Text.Contains("s3cr3t") || line.Text.Contains(client.Sid));
    }

    private static async Task<RawFrame> ShouldCloseAsync(EngineHost host, RawEngineClient client, int code, CloseReason reason)
    {
        var close = await client.ReadCloseAsync();
        close.CloseCode.Should().Be(code);
        (await (await host.Application.NextAsync()).Closed).Should().Be(reason);
        host.Registry.Count.Should().Be(0);
        return close;
    }
}
