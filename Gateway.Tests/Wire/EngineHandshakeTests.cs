using System.Text.Json;
using Gateway.EngineIO;
using Gateway.Primitives;
using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

public class EngineHandshakeTests
{
    [Theory]
    [InlineData("/engine.io/")]
    [InlineData("/engine.io")]
    [InlineData("/runtime/3000/socket.io/")]
    [InlineData("/a/b/c/socket.io")]
    public async Task Polling_AnyPrefixAndSlash_OpensASession(string path)
    {
        await using var host = await EngineHost.StartAsync();

        var response = await RawEngineClient.SendAsync(host.Port, "GET", $"{path}?EIO=4&transport=polling");

        response.Status.Should().Be(200);
        response.Header("Content-Type").Should().Be("text/plain; charset=UTF-8");
        response.Text.Should().MatchRegex(
            "^0\\{\"sid\":\"[A-Za-z0-9_-]{20}\",\"upgrades\":\\[\"websocket\"\\],\"pingTimeout\":20000,\"pingInterval\":25000,\"maxPayload\":4194304\\}$");
    }

    [Theory]
    [InlineData("/engine.io/")]
    [InlineData("/engine.io")]
    [InlineData("/runtime/3000/socket.io/")]
    public async Task WebSocket_AnyPrefixAndSlash_OpensASession(string path)
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        var response = await client.UpgradeAsync($"{path}?EIO=4&transport=websocket");
        var open = await client.ReadTextAsync();

        response.Status.Should().Be(101);
        response.Header("Sec-WebSocket-Accept").Should().Be("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        response.Header("Sec-WebSocket-Extensions").Should().BeNull();
        open.Should().MatchRegex("^0\\{\"sid\":\"[A-Za-z0-9_-]{20}\",\"upgrades\":\\[\\],");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/engine.iox/")]
    [InlineData("/xengine.io/")]
    [InlineData("/engine.io//")]
    [InlineData("/engine.io/more")]
    public async Task Get_AnotherPath_IsNotOurs(string path)
    {
        await using var host = await EngineHost.StartAsync();

        (await RawEngineClient.SendAsync(host.Port, "GET", $"{path}?EIO=4&transport=polling")).Status.Should().Be(404);
    }

    [Theory]
    [InlineData("GET", "?EIO=4&transport=abc", 400, 0)]
    [InlineData("GET", "?EIO=4&transport=", 400, 0)]
    [InlineData("GET", "?EIO=4&transport=polling&transport=websocket", 400, 0)]
    [InlineData("GET", "?EIO=4&transport=polling&sid=unknown", 400, 1)]
    [InlineData("POST", "?EIO=4&transport=polling&sid=unknown", 400, 1)]
    [InlineData("GET", "?EIO=4&transport=websocket&sid=unknown", 400, 1)]
    [InlineData("POST", "?EIO=4&transport=polling", 400, 2)]
    [InlineData("PUT", "?EIO=4&transport=polling", 400, 2)]
    [InlineData("DELETE", "?EIO=4&transport=websocket", 400, 2)]
    [InlineData("GET", "?EIO=4&transport=websocket", 400, 3)]
    [InlineData("GET", "?EIO=3&transport=polling", 400, 5)]
    [InlineData("GET", "?transport=polling", 400, 5)]
    [InlineData("GET", "?EIO=abc&transport=websocket", 400, 5)]
    public async Task Request_Wrong_IsAnsweredWithItsCode(string method, string query, int status, int code)
    {
        await using var host = await EngineHost.StartAsync();

        var response = await RawEngineClient.SendAsync(host.Port, method, "/engine.io/" + query, null, "Origin: https://page.example");

        response.Status.Should().Be(status);
        response.Header("Content-Type").Should().Be("application/json");
        response.Header("Access-Control-Allow-Origin").Should().Be("https://page.example");
        using var json = JsonDocument.Parse(response.Body);
        json.RootElement.GetProperty("code").GetInt32().Should().Be(code);
        json.RootElement.GetProperty("message").GetString().Should().NotBeEmpty();
        host.Registry.Count.Should().Be(0);
    }

    [Fact]
    public async Task Get_NoTransport_IsPollingUnlessRequired()
    {
        await using var lenient = await EngineHost.StartAsync();
        await using var strict = await EngineHost.StartAsync(static options => options.RequireTransport = true);

        (await RawEngineClient.SendAsync(lenient.Port, "GET", "/engine.io/?EIO=4")).Status.Should().Be(200);
        (await RawEngineClient.SendAsync(strict.Port, "GET", "/engine.io/?EIO=4")).Status.Should().Be(400);
    }

    [Theory]
    [InlineData("Connection: Upgrade",
        new[] { "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13" })]
    [InlineData("Upgrade: websocket",
        new[] { "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13" })]
    [InlineData("Sec-WebSocket-Key", new[] { "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13" })]
    [InlineData("Sec-WebSocket-Key",
        new[] { "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13" })]
    [InlineData("Sec-WebSocket-Version: 13",
        new[] { "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" })]
    [InlineData("Sec-WebSocket-Version: 13",
        new[] { "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 8" })]
    public async Task WebSocket_HeaderMissing_BodyNamesIt(string named, string[] headers)
    {
        await using var host = await EngineHost.StartAsync();

        var response = await RawEngineClient.SendAsync(host.Port, "GET", "/engine.io/?EIO=4&transport=websocket", null, headers);

        response.Status.Should().Be(400);
        response.Text.Should().Contain(named);
    }

    [Fact]
    public async Task Session_OfAnotherEndpoint_IsUnknown()
    {
        await using var host = await EngineHost.StartAsync(second: new RecordingApplication());
        var sid = await RawEngineClient.OpenPollingAsync(host.Port, "/engine.io/");

        (await RawEngineClient.PollAsync(host.Port, sid, "/socket.io/")).Status.Should().Be(400);
        (await RawEngineClient.PostAsync(host.Port, sid, "4hi", "/engine.io/")).Status.Should().Be(200);
    }

    [Fact]
    public async Task Handshake_QueryAndHeaders_AreKeptForTheLayerAbove()
    {
        await using var host = await EngineHost.StartAsync(static options =>
        {
            options.LogQueryKeys.Add("conversation_id");
            options.NeedHeader("x-session-api-key");
            options.KeptHeaders.Add("cookie");
        });
        using var client = await RawEngineClient.OpenAsync(
            host.Port, query: "&conversation_id=a%20b%0Ac&providers_set=&session_api_key=null",
            headers: ["X-Session-API-Key: secret", "Cookie: a=b", "X-Other: no"]);

        var connection = (await host.Application.NextAsync()).Connection;

        connection.Handshake.Query["conversation_id"].ToString().Should().Be("a b\nc");
        connection.Handshake.Query["session_api_key"].ToString().Should().Be("null");
        connection.Handshake.Headers
            .Should()
            .Equal(new Dictionary<string, string> { ["x-session-api-key"] = "secret", ["cookie"] = "a=b" });
        connection.Handshake.RemoteAddress.Should().NotBeNull();
        connection.Scope.ToString().Should().Be($"{ConnectionScope.ConnectionIdKey}={connection.Id} conversation_id=a?b?c");
    }

    [Fact]
    public async Task Handshake_MoreSessionsThanAllowed_IsAnsweredWith503UntilOneEnds()
    {
        await using var host = await EngineHost.StartAsync(static options => options.MaxSessions = 1);
        using var first = await RawEngineClient.OpenAsync(host.Port);
        var session = await host.Application.NextAsync();

        var refused = await RawEngineClient.SendAsync(host.Port, "GET", "/engine.io/?EIO=4&transport=polling");
        refused.Status.Should().Be(503);
        refused.Text.Should().Contain("no more sessions");

        session.Connection.Close(CloseReason.ServerClosed);
        await session.Closed;
        (await RawEngineClient.SendAsync(host.Port, "GET", "/engine.io/?EIO=4&transport=polling")).Status.Should().Be(200);
    }
}
