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

    /// <summary>A quiet connection is one with nothing but heartbeats.</summary>
    [Theory]
    [InlineData("proxy_read_timeout")]
    [InlineData("proxy_send_timeout")]
    public async Task Timeouts_OfEverySite_AreLongerThanTheHeartbeat(string name)
    {
        var text = await File.ReadAllTextAsync(Repository.PathOf("Gateway", "deploy", "nginx.conf"));
        var engine = new EngineOptions();

        var seconds = Regex.Matches(text, $@"{name} (\d+)(s|h);")
            .Select(static match =>
                int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * (match.Groups[2].Value == "h" ? 3_600 : 1));

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
