using System.Diagnostics;
using System.Net.WebSockets;

using Gateway.Tests.Support;

namespace Gateway.Tests.Wire.V1;

/// <summary>V1's sockets through the gateway: both directions, and both ways to end.</summary>
public sealed class ProxySocketTests
{
    private static readonly (string, string) s_key = ("X-Session-API-Key", ProxyStage.GatewayKey);

    [Theory]
    [InlineData("/sockets/session/x?after_seq=-1")]
    [InlineData("/v1/sockets/events/x")]
    [InlineData("/sockets/bash-events")]
    public async Task Messages_BothWays_ArriveWhole(string path)
    {
        await using var stage = await ProxyStage.StartAsync();
        using var socket = await stage.OpenAsync(path, s_key);
        var large = new string('x', 3_000_000);

        await ProxyStage.SayAsync(socket, "hello");
        (await ProxyStage.HearAsync(socket)).Should().Be("hello");
        await ProxyStage.SayAsync(socket, large);
        (await ProxyStage.HearAsync(socket)).Should().Be(large);
    }

    [Theory]
    [InlineData(1000, "")]
    [InlineData(1011, "subscribe_failed")]
    [InlineData(1012, "")]
    [InlineData(1013, "slow_consumer")]
    [InlineData(1013, "Too many connections for this conversation")]
    [InlineData(4001, "Authentication failed")]
    [InlineData(4004, "Conversation not found")]
    [InlineData(1008, "")]
    public async Task CloseOfV1_CodeAndReason_ReachTheClient(int code, string reason)
    {
        await using var stage = await ProxyStage.StartAsync();
        using var socket = await stage.OpenAsync("/sockets/session/x", s_key);

        await ProxyStage.SayAsync(socket, $"close {code} {reason}");
        var received = await socket.ReceiveAsync(new byte[16], CancellationToken.None).WaitAsync(TestLimits.Step);

        received.MessageType.Should().Be(WebSocketMessageType.Close);
        ((int?)received.CloseStatus).Should().Be(code);
        received.CloseStatusDescription.Should().Be(reason);
    }

    [Fact]
    public async Task CloseOfAClient_CodeAndReason_ReachV1()
    {
        await using var stage = await ProxyStage.StartAsync();
        using var socket = await stage.OpenAsync("/sockets/session/x", s_key);

        await socket.CloseAsync((WebSocketCloseStatus)4_321, "enough", CancellationToken.None).WaitAsync(TestLimits.Step);

        stage.Server.ClientCloses.Should().Equal((4_321, "enough"));
    }

    [Fact]
    public async Task Handshake_RefusedByV1_IsRefusedSo()
    {
        await using var stage = await ProxyStage.StartAsync();
        stage.Server.RefusesSockets = 403;

        var open = () => stage.OpenAsync("/sockets/session/not-a-uuid", s_key);

        await open.Should().ThrowAsync<WebSocketException>().WithMessage("*403*");
    }

    [Fact]
    public async Task Handshake_V1Away_Is502()
    {
        await using var stage = await ProxyStage.StartAsync();
        stage.Host.Expect("The V1 server does not answer");
        await stage.Server.DisposeAsync();

        var open = () => stage.OpenAsync("/sockets/session/x", s_key);

        await open.Should().ThrowAsync<WebSocketException>().WithMessage("*502*");
    }

    [Fact]
    public async Task V1_GoesWithoutAWord_TheClientsSocketEnds()
    {
        await using var stage = await ProxyStage.StartAsync();
        using var socket = await stage.OpenAsync("/sockets/session/x", s_key);
        await ProxyStage.SayAsync(socket, "hello");
        await ProxyStage.HearAsync(socket);

        await stage.Server.DisposeAsync();
        var receive = () => socket.ReceiveAsync(new byte[16], CancellationToken.None).WaitAsync(TestLimits.Step);

        await receive.Should().ThrowAsync<WebSocketException>();
    }

    [Fact]
    public async Task Stop_WithOpenSockets_DoesNotWaitForThem()
    {
        await using var stage = await ProxyStage.StartAsync();
        using var socket = await stage.OpenAsync("/sockets/session/x", s_key);
        await ProxyStage.SayAsync(socket, "hello");
        await ProxyStage.HearAsync(socket);
        var watch = Stopwatch.StartNew();

        await stage.Host.StopAsync();

        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5), "the server's own limit for requests is 7 s");
    }

    /// <summary>The real stand-in: what a client of the session socket sees at the server, it sees here.</summary>
    [Fact]
    public async Task SessionSocket_OfTheV1Server_IsTheSameThroughTheGateway()
    {
        await using var stage = await V1Stage.StartAsync(
            "v1/hello", isNew: true, "NeverConfirm", "V1:Proxy=true", $"SESSION_API_KEY={ProxyStage.GatewayKey}");
        stage.Server.Show();
        var path = $"/sockets/session/{stage.Server.ConversationId:D}?after_seq=-1";

        var direct = await FramesAsync(new Uri(stage.Server.BaseUrl), path, "a-secret-key", 5);
        var through = await FramesAsync(stage.Host.Address, path, ProxyStage.GatewayKey, 5);
        using var rest = new HttpClient { BaseAddress = stage.Host.Address };
        rest.DefaultRequestHeaders.Add("X-Session-API-Key", ProxyStage.GatewayKey);
        var page = await rest.GetStringAsync($"/api/conversations/{stage.Server.ConversationId:D}/events/search?limit=2")
            .WaitAsync(TestLimits.Step);

        through.Should().Equal(direct);
        page.Should().Contain("next_page_id");
    }

    private static async Task<List<string>> FramesAsync(Uri origin, string path, string key, int count)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{origin.Authority}{path}"), CancellationToken.None).WaitAsync(TestLimits.Step);
        await ProxyStage.SayAsync(socket, $$"""{"type":"auth","session_api_key":"{{key}}"}""");
        var frames = new List<string>();
        while (frames.Count < count)
        {
            frames.Add(await ProxyStage.HearAsync(socket));
        }

        return frames;
    }
}
