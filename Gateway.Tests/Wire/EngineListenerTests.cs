using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

using Gateway.EngineIO;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Hosting;

namespace Gateway.Tests.Wire;

/// <summary>
/// Which connections are served on their sockets, and which by the server; both must look the same to a client. The server's answers have a
/// date, ours have none: that tells them apart here.
/// </summary>
public class EngineListenerTests
{
    private const string Target = "/engine.io/?EIO=4&transport=websocket";
    private const string Upgrade =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

    private const string Head = $"GET {Target} HTTP/1.1\r\nHost: localhost\r\n{Upgrade}";

    // Allowed in a header, and unusual: the server reads it.
    private const string Unusual = "X-Tab: a\tb";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WebSocket_EitherWay_IsAnsweredAndServed(bool direct)
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        var response = await client.UpgradeAsync(Target, ["Origin: https://page.example", .. Headers(direct)]);

        response.Status.Should().Be(101);
        IsDirect(response).Should().Be(direct);
        response.Headers.Where(static header => header.Key is not ("Date" or "Server")).Should().BeEquivalentTo(new Dictionary<string, string>
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
        session.Connection.Handshake.Headers.Should().Equal(new Dictionary<string, string> { ["origin"] = "https://page.example" });
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
        byte[] bytes = [.. Encoding.ASCII.GetBytes(Head + "\r\n"), .. RawEngineClient.FormatFrame(0x81, "4one"u8), .. RawEngineClient.FormatFrame(0x81, "4two"u8)];

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
    public async Task WebSocket_HeadInPieces_IsServed(int size)
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        foreach (var piece in (Head + "\r\n").Chunk(size))
        {
            await client.WriteAsync(new string(piece));
        }

        (await client.ReadResponseAsync()).Status.Should().Be(101);
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

    [Fact]
    public async Task Connection_SaysNothingForLong_IsTheServersAndStillServed()
    {
        var time = new FakeTimeProvider();
        await using var host = await EngineHost.StartAsync(time: time);
        using var client = await RawEngineClient.ConnectAsync(host.Port);
        while (time.ActiveTimers == 0)
        {
            await Task.Yield();
        }

        time.Advance(TimeSpan.FromSeconds(5));
        while (time.ActiveTimers > 0)
        {
            await Task.Yield();
        }

        var response = await client.UpgradeAsync(Target);
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
        one.Headers.Where(static header => header.Key != "Date").Should().BeEquivalentTo(other.Headers.Where(static header => header.Key != "Date"));
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

    [Fact]
    public async Task Tls_PlainHandshake_IsNotServedAndAnEncryptedOneIs()
    {
        using var key = RSA.Create(2_048);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var host = await EngineHost.StartAsync(listen: options => options.UseHttps(certificate));
        using var plain = await RawEngineClient.ConnectAsync(host.Port);
        using var tcp = new TcpClient("127.0.0.1", host.Port);
        await using var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString());

        await plain.WriteAsync(Head + "\r\n");
        await tls.AuthenticateAsClientAsync("localhost").WaitAsync(TestLimits.Step);
        await tls.WriteAsync(Encoding.ASCII.GetBytes(Head + "\r\n")).AsTask().WaitAsync(TestLimits.Step);

        var answer = new byte[12];
        await tls.ReadExactlyAsync(answer).AsTask().WaitAsync(TestLimits.Step);
        Encoding.ASCII.GetString(answer).Should().Be("HTTP/1.1 101");
        await plain.ReadToEndAsync();
        host.Application.Sessions.Should().ContainSingle();
    }

    private static string[] Headers(bool direct) => direct ? [] : [Unusual];

    private static bool IsDirect(RawHttpResponse response) => response.Header("Date") is null;

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
