using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.RegularExpressions;

using Gateway.EngineIO;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.V1;

/// <summary>Both worlds behind one origin, by the configuration in <c>Gateway/deploy</c>.</summary>
public sealed class NginxTests
{
    [Theory]
    [InlineData("/socket.io/", "websocket")]
    [InlineData("/socket.io/", "polling")]
    [InlineData("/runtime/55123/socket.io/", "websocket")]
    public async Task Client_ThroughNginx_HasAConversation(string path, string transport)
    {
        await using var stage = await V1Stage.StartAsync("v1/hello", isNew: true, "NeverConfirm");
        await using var nginx = await NginxProxy.StartAsync(stage.Host.Address, new Uri(stage.Server.BaseUrl));
        var options = new JObject { ["path"] = path, ["transports"] = new JArray(transport) };
        await using var client = await WatchingClient.ConnectAsync(stage.Visit with { Address = nginx.Address }, options);

        await client.UntilStateAsync("awaiting_user_input");
        await client.EmitAsync(Actions.Message("Hi"));
        await client.UntilAsync(static e => (string?)e["source"] == "agent" && (string?)e["action"] == "message");
        await client.UntilStateAsync("awaiting_user_input");

        client.Events.Select(static e => (int)e["id"]!).Should().BeInAscendingOrder();
    }

    [Fact]
    public async Task Requests_ThroughNginx_GoToWhomTheyAreFor()
    {
        await using var stage = await V1Stage.StartAsync("v1/hello", isNew: true);
        await using var nginx = await NginxProxy.StartAsync(stage.Host.Address, new Uri(stage.Server.BaseUrl));
        await using var client = await WatchingClient.ConnectAsync(stage.Visit with { Address = nginx.Address });
        await client.UntilStateAsync("awaiting_user_input");
        using var http = new HttpClient { BaseAddress = nginx.Address };

        var status = await http
            .GetStringAsync($"/api/gateway/conversations/{stage.Server.ConversationId:D}/status")
            .WaitAsync(TestLimits.Step);
        var info = await http.GetStringAsync("/v1/server_info").WaitAsync(TestLimits.Step);
        var ofV0 = await http.GetAsync("/api/options/models").WaitAsync(TestLimits.Step);
        var ofV1 = await http.GetAsync("/api/git/changes?path=x").WaitAsync(TestLimits.Step);

        status.Should().Contain("\"status\":\"CONNECTED\"");
        info.Should().Contain("1.57.0");
        ofV0.StatusCode.Should().Be(HttpStatusCode.OK, "V0's own route is the gateway's");
        ofV1.StatusCode.Should().Be(HttpStatusCode.Unauthorized, "the V1 server asks for its key");
    }

    [Fact]
    public async Task AccessLog_OfRequestsWithKeys_HasNone()
    {
        await using var stage = await V1Stage.StartAsync("v1/hello", isNew: true, "NeverConfirm", "SESSION_API_KEY=a-clients-key");
        string log;
        await using (var nginx = await NginxProxy.StartAsync(stage.Host.Address, new Uri(stage.Server.BaseUrl)))
        {
            using var http = new HttpClient { BaseAddress = nginx.Address };
            http.DefaultRequestHeaders.Referrer = new Uri("http://page.example/?session_api_key=a-clients-key");
            await http.GetStringAsync("/socket.io/?EIO=4&transport=polling&session_api_key=a-clients-key").WaitAsync(TestLimits.Step);
            using var socket = new ClientWebSocket();
            var open = () => socket.ConnectAsync(
                new Uri($"ws://{nginx.Address.Authority}/sockets/session/x?session_api_key=a-clients-key"), CancellationToken.None);
            await open.Should().ThrowAsync<WebSocketException>("the V1 server refuses this key");
            await Eventually.IsTrueAsync(
                () => File.ReadAllText(nginx.AccessLogPath).Contains("/sockets/session/x", StringComparison.Ordinal), "both are logged");
            log = await File.ReadAllTextAsync(nginx.AccessLogPath);
        }

        log.Should().Contain("\"GET /socket.io/ HTTP/1.1\" 200").And.Contain("\"GET /sockets/session/x HTTP/1.1\" 403");
        log.Should().NotContain("a-clients-key").And.NotContain("session_api_key").And.NotContain("?");
    }

    /// <summary>Debian's own site is the default of its port, and has no name.</summary>
    [Theory]
    [InlineData("gateway.example", "gateway")]
    [InlineData("203.0.113.7", "gateway")]
    [InlineData("named.example", "named")]
    public async Task Requests_BesideOtherSites_AreTheGatewaysUnlessASiteHasTheName(string name, string expected)
    {
        const string others = """

            server { listen 127.0.0.1:PORT default_server; server_name _; return 200 "default"; }
            server { listen 127.0.0.1:PORT; server_name named.example; return 200 "named"; }
            """;
        await using var stage = await V1Stage.StartAsync("v1/hello", isNew: true);
        await using var nginx = await NginxProxy.StartAsync(
            stage.Host.Address, new Uri(stage.Server.BaseUrl), NginxProxy.FreePort(), otherSites: others);
        using var http = new HttpClient { BaseAddress = nginx.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/alive") { Headers = { Host = name } };

        var answer = await (await http.SendAsync(request).WaitAsync(TestLimits.Step)).Content.ReadAsStringAsync();

        (answer.Contains("\"ok\"", StringComparison.Ordinal) ? "gateway" : answer).Should().Be(expected);
    }

    [Fact]
    public async Task Tls_WithTheMarkedLines_ServesBothWorlds()
    {
        using var certificate = TestCertificate.Create("127.0.0.1");
        await using var stage = await V1Stage.StartAsync("v1/hello", isNew: true);
        stage.Server.Show();
        await using var nginx = await NginxProxy.StartAsync(
            stage.Host.Address, new Uri(stage.Server.BaseUrl), NginxProxy.FreePort(), certificate);
        using var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, shown, _, _) => certificate.IsShown(shown),
        };
        using var http = new HttpClient(handler) { BaseAddress = nginx.SecureAddress };
        using var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, shown, _, _) => certificate.IsShown(shown);
        socket.Options.SetRequestHeader("X-Session-API-Key", "a-secret-key");

        var alive = await http.GetStringAsync("/alive").WaitAsync(TestLimits.Step);
        var handshake = await http.GetStringAsync("/socket.io/?EIO=4&transport=polling").WaitAsync(TestLimits.Step);
        await socket.ConnectAsync(
            new Uri($"wss://{nginx.SecureAddress.Authority}/sockets/session/{stage.Server.ConversationId:D}?after_seq=-1"),
            CancellationToken.None).WaitAsync(TestLimits.Step);

        alive.Should().Contain("ok");
        handshake.Should().StartWith("0{");
        socket.State.Should().Be(WebSocketState.Open);
    }

    /// <summary>A quiet connection is one with nothing but heartbeats.</summary>
    [Theory]
    [InlineData("proxy_read_timeout")]
    [InlineData("proxy_send_timeout")]
    public async Task Timeouts_OfEverySite_AreLongerThanTheHeartbeat(string name)
    {
        var text = await File.ReadAllTextAsync(Repository.PathOf("Gateway", "deploy", "nginx.conf"));
        var engine = new EngineOptions();

        var seconds = Regex.Matches(text, $@"{name} (\d+)(s|m|h);")
            .Select(static match =>
                int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
                * (match.Groups[2].Value switch { "h" => 3_600, "m" => 60, _ => 1 }));

        seconds.Should().NotBeEmpty().And.OnlyContain(value => value > 2 * (engine.PingInterval + engine.PingTimeout).TotalSeconds);
    }

    [Fact]
    public async Task V1Client_ThroughNginx_ReachesTheV1Server()
    {
        await using var stage = await V1Stage.StartAsync("v1/hello", isNew: true, "NeverConfirm");
        stage.Server.Show();
        await using var nginx = await NginxProxy.StartAsync(stage.Host.Address, new Uri(stage.Server.BaseUrl));
        using var http = new HttpClient { BaseAddress = nginx.Address };
        http.DefaultRequestHeaders.Add("X-Session-API-Key", "a-secret-key");

        var own = await http.GetAsync($"/api/conversations/{stage.Server.ConversationId:D}").WaitAsync(TestLimits.Step);
        var under = await http.GetAsync($"/v1/api/conversations/{stage.Server.ConversationId:D}").WaitAsync(TestLimits.Step);
        var frame = await FirstFrameAsync(nginx.Address, "", stage.Server.ConversationId);
        var frameUnder = await FirstFrameAsync(nginx.Address, "/v1", stage.Server.ConversationId);

        own.StatusCode.Should().Be(HttpStatusCode.OK);
        under.StatusCode.Should().Be(HttpStatusCode.OK);
        (await own.Content.ReadAsStringAsync()).Should().Contain("execution_status");
        frame.Should().StartWith("""{"type":"sync","from_seq":-1""");
        frameUnder.Should().Be(frame);
    }

    private static async Task<string> FirstFrameAsync(Uri origin, string prefix, Guid conversation)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("X-Session-API-Key", "a-secret-key");
        await socket.ConnectAsync(new Uri($"ws://{origin.Authority}{prefix}/sockets/session/{conversation:D}?after_seq=-1"),
            CancellationToken.None)
            .WaitAsync(TestLimits.Step);
        var buffer = new byte[4_096];
        var received = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(TestLimits.Step);
        return Encoding.UTF8.GetString(buffer, 0, received.Count);
    }
}
