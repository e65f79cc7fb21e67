using System.Net.Security;
using System.Net.Sockets;
using System.Text;

using Gateway.EngineIO.Kestrel;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

using static Gateway.Tests.Wire.PlainHandshake;

namespace Gateway.Tests.Wire;

/// <summary>
/// What Kestrel and ASP.NET Core's host decide about connections and requests holds for plain WebSockets too, which do not pass through
/// HTTP. As in <see cref="FrontDoorTests"/>, an answer without a date is the middleware's.
/// </summary>
public class FrontDoorRulesTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tls_PlainHandshake_IsNotServedAndAnEncryptedOneIs(bool afterTls)
    {
        using var certificate = TestCertificate.Create("localhost");
        await using var host = await EngineHost.StartAsync(listen: options =>
        {
            options.UseHttps(certificate);
            if (afterTls)
            {
                options.UseEngineIO();
            }
        });
        using var plain = await RawEngineClient.ConnectAsync(host.Port);
        using var tcp = new TcpClient("127.0.0.1", host.Port);
        await using var tls = new SslStream(
            tcp.GetStream(),
            leaveInnerStreamOpen: false,
            (_, shown, _, _) => certificate.IsShown(shown));

        await plain.WriteAsync(Head + "\r\n");
        await tls.AuthenticateAsClientAsync("localhost").WaitAsync(TestLimits.Step);
        byte[] request = [.. Encoding.ASCII.GetBytes(Head + "\r\n"), .. RawEngineClient.FormatFrame(0x81, "4hello"u8)];
        await tls.WriteAsync(request).AsTask().WaitAsync(TestLimits.Step);

        var answer = await ReadUntilAsync(tls, "4hello");
        answer.Should().StartWith("HTTP/1.1 101").And.Contain("0{\"sid\"");
        answer.Contains("Date:", StringComparison.Ordinal).Should().Be(!afterTls);
        await plain.ReadToEndAsync();
        host.Application.Sessions.Should().ContainSingle();
    }

    [Fact]
    public async Task UnixSocket_WebSocket_IsServed()
    {
        var path = Path.Combine(Path.GetTempPath(), $"gateway-{Guid.NewGuid():N}.sock");
        await using var host = await EngineHost.StartAsync(server: kestrel => kestrel.ListenUnixSocket(path));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path)).WaitAsync(TestLimits.Step);
        await using var stream = new NetworkStream(socket);

        byte[] request = [.. Encoding.ASCII.GetBytes(Head + "\r\n"), .. RawEngineClient.FormatFrame(0x81, "4hello"u8)];
        await stream.WriteAsync(request).AsTask().WaitAsync(TestLimits.Step);

        var answer = await ReadUntilAsync(stream, "4hello");
        answer.Should().StartWith("HTTP/1.1 101").And.Contain("0{\"sid\"").And.NotContain("Date:");
        host.Application.Sessions.Should().ContainSingle().Which.Connection.Handshake.RemoteAddress.Should().BeNull();
    }

    [Fact]
    public async Task KestrelsConnectionLimit_HoldsForWebSocketsToo()
    {
        await using var host = await EngineHost.StartAsync(server: static kestrel => kestrel.Limits.MaxConcurrentConnections = 1);
        host.Log.Expect("maximum number of concurrent connections");
        using (await RawEngineClient.OpenAsync(host.Port))
        {
            using var second = await RawEngineClient.ConnectAsync(host.Port);
            await second.WriteAsync(Head + "\r\n");
            (await second.ReadToEndAsync()).Should().Be(0);
        }

        await (await host.Application.NextAsync()).Closed;
        await host.Log.WaitForAsync("\" stopped.", count: 2);
        using var third = await RawEngineClient.OpenAsync(host.Port);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task KestrelsUpgradeLimit_Refuses_IsAnswered503AndTheSlotIsFree(bool direct)
    {
        await using var host = await EngineHost.StartAsync(
            static options => options.MaxSessions = 1, server: static kestrel => kestrel.Limits.MaxConcurrentUpgradedConnections = 0);
        for (var i = 0; i < 3; i++)
        {
            using var client = await RawEngineClient.ConnectAsync(host.Port);
            var response = await client.UpgradeAsync(Target, Headers(direct));
            response.Status.Should().Be(503);
            response.Header("Upgrade").Should().BeNull();
            response.Text.Should().Contain("no more sessions");
        }

        await RawEngineClient.OpenPollingAsync(host.Port);
    }

    [Fact]
    public async Task KestrelsUpgradeLimit_OfOne_HoldsForWebSockets()
    {
        await using var host = await EngineHost.StartAsync(server: static kestrel => kestrel.Limits.MaxConcurrentUpgradedConnections = 1);
        using (await RawEngineClient.OpenAsync(host.Port))
        {
            using var second = await RawEngineClient.ConnectAsync(host.Port);
            (await second.UpgradeAsync(Target)).Status.Should().Be(503);
        }
    }

    [Fact]
    public async Task ConnectionLog_BeforeTheMiddleware_SeesTheBytesOfAWebSocket()
    {
        await using var host = await EngineHost.StartAsync(server: static kestrel => kestrel.ConfigureEndpointDefaults(static listen =>
        {
            listen.UseConnectionLogging();
            listen.UseEngineIO();
        }));
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        IsDirect(await client.UpgradeAsync(Target)).Should().BeTrue();
        await ShouldEchoAsync(client, afterOpen: true);

        await host.Log.WaitForAsync("WriteAsync[", count: 3);
        await host.Log.WaitForAsync("34 68 69");
        await host.Log.WaitForAsync("\" started.");
    }

    [Fact]
    public async Task Http2Alone_PlainHandshake_IsNotServed()
    {
        await using var host = await EngineHost.StartAsync(protocols: HttpProtocols.Http2);
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        await client.WriteAsync(Head + "\r\n");

        (await client.ReadResponseAsync()).Status.Should().Be(400);
        host.Application.Sessions.Should().BeEmpty();
    }

    [Theory]
    [InlineData(true, null, "203.0.113.9")]
    [InlineData(false, null, "203.0.113.9")]
    [InlineData(true, "true", "203.0.113.9")]
    [InlineData(false, "true", "203.0.113.9")]
    [InlineData(true, "false", "127.0.0.1")]
    [InlineData(false, "false", "127.0.0.1")]
    public async Task ForwardedHeaders_EitherWay_TheAddressIsTheSame(bool direct, string? enabled, string expected)
    {
        await using var host = await EngineHost.StartAsync(settings: new() { ["ForwardedHeaders_Enabled"] = enabled });
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        var response = await client.UpgradeAsync(
            Target, ["X-Forwarded-For: 198.51.100.1, 203.0.113.9", "X-Forwarded-Proto: https", .. Headers(direct)]);

        response.Status.Should().Be(101);
        IsDirect(response).Should().Be(direct);
        (await host.Application.NextAsync()).Connection.Handshake.RemoteAddress!.ToString().Should().Be(expected);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AllowedHosts_EitherWay_HoldForWebSockets(bool direct)
    {
        await using var host = await EngineHost.StartAsync(settings: new() { ["AllowedHosts"] = "gateway.example" });
        using var wrong = await RawEngineClient.ConnectAsync(host.Port);
        using var right = await RawEngineClient.ConnectAsync(host.Port);
        var extra = direct ? "" : Unusual + "\r\n";

        await wrong.WriteAsync(Head + extra + "\r\n");
        await right.WriteAsync(Head.Replace("localhost", "gateway.example", StringComparison.Ordinal) + extra + "\r\n");

        (await wrong.ReadResponseAsync()).Status.Should().Be(400);
        var response = await right.ReadResponseAsync();
        response.Status.Should().Be(101);
        IsDirect(response).Should().Be(direct);
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
