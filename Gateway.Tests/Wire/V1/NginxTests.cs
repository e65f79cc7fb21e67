using System.Net;
using System.Net.WebSockets;
using System.Text;

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
    public async Task V1Client_ThroughNginx_ReachesTheV1Server()
    {
        await using var stage = await V1Stage.StartAsync("v1/hello", isNew: true, "NeverConfirm");
        stage.Server.Show();
        await using var nginx = await NginxProxy.StartAsync(stage.Host.Address, new Uri(stage.Server.BaseUrl));
        using var http = new HttpClient { BaseAddress = nginx.Address };
        http.DefaultRequestHeaders.Add("X-Session-API-Key", "a-secret-key");

        var own = await http.GetAsync($"/api/conversations/{stage.Server.ConversationId:D}").WaitAsync(TestLimits.Step);
        var under = await http.GetAsync($"/v1/api/conversations/{stage.Server.ConversationId:D}").WaitAsync(TestLimits.Step);
        var frame = await FirstFrameAsync(nginx.Address, stage.Server.ConversationId);

        own.StatusCode.Should().Be(HttpStatusCode.OK);
        under.StatusCode.Should().Be(HttpStatusCode.OK);
        (await own.Content.ReadAsStringAsync()).Should().Contain("execution_status");
        frame.Should().StartWith("""{"type":"sync","from_seq":-1""");
    }

    private static async Task<string> FirstFrameAsync(Uri origin, Guid conversation)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("X-Session-API-Key", "a-secret-key");
        await socket.ConnectAsync(new Uri($"ws://{origin.Authority}/sockets/session/{conversation:D}?after_seq=-1"), CancellationToken.None)
            .WaitAsync(TestLimits.Step);
        var buffer = new byte[4_096];
        var received = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(TestLimits.Step);
        return Encoding.UTF8.GetString(buffer, 0, received.Count);
    }
}
