using System.Text;

using Gateway.EngineIO;
using Gateway.EngineIO.Kestrel;
using Gateway.Tests.Support;

using static Gateway.Tests.Wire.PlainHandshake;

namespace Gateway.Tests.Wire;

/// <summary>
/// Which connections the middleware serves, and which go on to Kestrel's HTTP; both must look the same to a client. Kestrel's answers have
/// a date, ours have none: that tells them apart here.
/// </summary>
public class FrontDoorTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WebSocket_EitherWay_IsAnsweredAndServed(bool direct)
    {
        await using var host = await EngineHost.StartAsync(static options => options.KeptHeaders.Add("x-tenant"));
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        var response = await client.UpgradeAsync(Target, ["Origin: https://page.example", "X-Tenant: one", .. Headers(direct)]);

        response.Status.Should().Be(101);
        IsDirect(response).Should().Be(direct);
        response.Headers
            .Where(static header => header.Key is not ("Date" or "Server"))
            .Should()
            .BeEquivalentTo(new Dictionary<string, string>
            {
                ["Connection"] = "Upgrade",
                ["Upgrade"] = "websocket",
                ["Sec-WebSocket-Accept"] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                ["Vary"] = "Origin",
                ["Access-Control-Allow-Origin"] = "https://page.example",
                ["Access-Control-Allow-Credentials"] = "true",
            });
        (await client.ReadTextAsync()).Should().StartWith("0{");
        await ShouldEchoAsync(client);
        var session = await host.Application.NextAsync();
        session.Connection.Handshake.Headers.Should().Equal(new Dictionary<string, string> { ["x-tenant"] = "one" });
        session.Connection.Handshake.RemoteAddress!.ToString().Should().Be("127.0.0.1");
        await client.SendFrameAsync(RawEngineClient.Close, new byte[] { 3, 0xE8 });
        (await client.ReadFrameAsync()).CloseCode.Should().Be(1000);
        (await client.ReadToEndAsync()).Should().Be(0);
        (await session.Closed).Should().Be(CloseReason.ClientClosed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_EitherWay_ClientIsToldAndTheServerStops(bool direct)
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.ConnectAsync(host.Port);
        IsDirect(await client.UpgradeAsync(Target, Headers(direct))).Should().Be(direct);

        var stopping = host.StopAsync();

        (await client.ReadCloseAsync()).CloseCode.Should().Be(1012);
        await stopping;
        host.Registry.Count.Should().Be(0);
    }

    [Fact]
    public async Task Stop_ClientsThatDoNotAnswer_StopsWithinTheCloseTimeout()
    {
        await using var host = await EngineHost.StartAsync(static options => options.CloseTimeout = TimeSpan.FromMilliseconds(100));
        using var deaf = await RawEngineClient.ConnectAsync(host.Port);
        await deaf.UpgradeAsync(Target);
        using var silent = await RawEngineClient.ConnectAsync(host.Port);

        await host.StopAsync();

        (await silent.ReadToEndAsync()).Should().Be(0);
    }

    [Fact]
    public async Task WebSocket_FramesBehindTheHead_AreRead()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.ConnectAsync(host.Port);
        byte[] bytes = [.. Encoding.ASCII.GetBytes(Head + "\r\n"), .. RawEngineClient.FormatFrame(0x81, "4one"u8),
            .. RawEngineClient.FormatFrame(0x81, "4two"u8)];

        await client.WriteAsync(bytes);

        IsDirect(await client.ReadResponseAsync()).Should().BeTrue();
        (await client.ReadTextAsync()).Should().StartWith("0{");
        (await client.ReadTextAsync()).Should().Be("4one");
        (await client.ReadTextAsync()).Should().Be("4two");
    }

    [Fact]
    public async Task WebSocket_MuchBothWays_ArrivesWhole()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.OpenAsync(host.Port, receiveBuffer: 4_096);
        var text = "4" + new string('x', 3_000_000);

        await client.SendTextAsync(text);

        (await client.ReadTextAsync()).Should().Be(text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    public async Task WebSocket_HeadInPieces_IsServedAsAWholeOne(int size)
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        foreach (var piece in (Head + "\r\n").Chunk(size))
        {
            await client.WriteAsync(new string(piece));
        }

        var response = await client.ReadResponseAsync();
        response.Status.Should().Be(101);
        IsDirect(response).Should().BeTrue();
        (await client.ReadTextAsync()).Should().StartWith("0{");
        await ShouldEchoAsync(client);
    }

    [Fact]
    public async Task WebSocket_HeadLargerThanWhatIsLookedAt_IsServedByTheServer()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        var response = await client.UpgradeAsync(Target, $"Cookie: {new string('c', 10_000)}");

        response.Status.Should().Be(101);
        IsDirect(response).Should().BeFalse();
        (await client.ReadTextAsync()).Should().StartWith("0{");
        await ShouldEchoAsync(client);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET /engine.io/")]
    public async Task Head_TakesTooLong_IsLeftToKestrelWithWhatHasCome(string begun)
    {
        var time = new FakeTimeProvider();
        await using var host = await EngineHost.StartAsync(time: time);
        using var client = await RawEngineClient.ConnectAsync(host.Port);
        await client.WriteAsync(begun);
        await Eventually.IsTrueAsync(() => time.ActiveTimers > 0, "the server waits for the rest");

        time.Advance(HeadDeadline.Limit + TimeSpan.FromSeconds(1));
        await client.WriteAsync((Head + "\r\n")[begun.Length..]);

        var response = await client.ReadResponseAsync();
        response.Status.Should().Be(101);
        IsDirect(response).Should().BeFalse();
        await ShouldEchoAsync(client, afterOpen: true);
    }

    [Fact]
    public async Task Connection_UsedForARequestBefore_MayStillUpgrade()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        (await client.RequestAsync("GET", "/engine.io/?EIO=4&transport=polling")).Status.Should().Be(200);
        var response = await client.UpgradeAsync(Target);

        response.Status.Should().Be(101);
        await ShouldEchoAsync(client, afterOpen: true);
    }

    [Theory]
    [InlineData("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", 404)]
    [InlineData($"GET {Target} HTTP/1.1\r\n{Upgrade}\r\n", 400)]
    [InlineData("GET /nowhere HTTP/1.0\r\n\r\n", 404)]
    [InlineData($"GET {Target} HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    [InlineData($"GET {Target}&sid=unknown HTTP/1.1\r\nHost: x\r\n{Upgrade}\r\n", 400)]
    [InlineData($"GET /engine.io/?EIO=3&transport=websocket HTTP/1.1\r\nHost: x\r\n{Upgrade}\r\n", 400)]
    [InlineData($"GET {Target} HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\n{Upgrade}\r\n", 403)]
    [InlineData("\u0016\u0003\u0001\0\u0005garbage\r\n\r\n", 400)]
    public async Task Request_NotAWebSocketOfOurs_IsAnsweredByTheServer(string bytes, int status)
    {
        await using var host = await EngineHost.StartAsync(static options => options.AllowedOrigins = ["https://good.example"]);
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        await client.WriteAsync(bytes);

        var response = await client.ReadResponseAsync();
        response.Status.Should().Be(status);
        IsDirect(response).Should().BeFalse();
        host.Registry.Count.Should().Be(0);
    }

    [Theory]
    [InlineData("?EIO=4&transport=websocket", "Origin: https://evil.example")]
    [InlineData("?EIO=5&transport=websocket", "Origin: https://good.example")]
    [InlineData("?EIO=4&transport=webtransport", "Origin: https://good.example")]
    [InlineData("?EIO=4", "Origin: https://good.example")]
    [InlineData("?EIO=4&transport=websocket&sid=unknown", "Origin: https://good.example")]
    public async Task Request_Refused_LooksTheSameEitherWay(string query, string origin)
    {
        await using var host = await EngineHost.StartAsync(static options =>
        {
            options.AllowedOrigins = ["https://good.example"];
            options.RequireTransport = true;
        });
        using var usual = await RawEngineClient.ConnectAsync(host.Port);
        using var unusual = await RawEngineClient.ConnectAsync(host.Port);

        var one = await usual.UpgradeAsync("/engine.io/" + query, origin);
        var other = await unusual.UpgradeAsync("/engine.io/" + query, origin, Unusual);

        one.Status.Should().BeInRange(400, 403).And.Be(other.Status);
        one.Text.Should().Be(other.Text);
        one.Headers.Where(static header => header.Key != "Date")
            .Should()
            .BeEquivalentTo(other.Headers.Where(static header => header.Key != "Date"));
    }

    [Fact]
    public async Task WebSocket_MoreThanAllowed_IsAnswered503AndThePlaceIsFreeAgain()
    {
        await using var host = await EngineHost.StartAsync(static options => options.MaxSessions = 1);
        using (await RawEngineClient.OpenAsync(host.Port))
        {
            using var second = await RawEngineClient.ConnectAsync(host.Port);
            (await second.UpgradeAsync(Target)).Status.Should().Be(503);
        }

        await (await host.Application.NextAsync()).Closed;
        using var third = await RawEngineClient.OpenAsync(host.Port);
    }

    private static async Task ShouldEchoAsync(RawEngineClient client, bool afterOpen = false)
    {
        if (afterOpen)
        {
            (await client.ReadTextAsync()).Should().StartWith("0{");
        }

        await client.SendTextAsync("4hi");
        (await client.ReadTextAsync()).Should().Be("4hi");
    }
}
