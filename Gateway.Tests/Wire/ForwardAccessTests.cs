using System.Net;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Microsoft.Extensions.Options;

using Newtonsoft.Json.Linq;

using SocketIOClient.Transport;

namespace Gateway.Tests.Wire;

/// <summary>An access server decides for sockets and REST alike, and its users have each a store of their own.</summary>
public sealed class ForwardAccessTests : IAsyncLifetime, IDisposable
{
    private readonly TempStore _store = TempStore.Empty();
    private StandInAccessServer? _server;

    private StandInAccessServer Server => _server ?? throw new InvalidOperationException("Not started.");

    public async Task InitializeAsync() => _server = await StandInAccessServer.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();

    public void Dispose() => _store.Dispose();

    [Theory]
    [InlineData("C#")]
    [InlineData("node")]
    public async Task Connect_OfRealClients_IsLetInOrToldTheServersWords(string kind)
    {
        await using var host = await StartAsync();
        await using var ann = Client(kind);
        await using var eve = Client(kind);
        await using var stranger = Client(kind);
        await using var bearer = Client(kind);

        await ann.ConnectAsync(new Visit(host.Address, "c1") { Cookie = "login=ann" });
        await eve.ConnectAsync(new Visit(host.Address, "c1") { Cookie = "login=eve" });
        await stranger.ConnectAsync(new Visit(host.Address, "c1"));
        await bearer.ConnectAsync(new Visit(host.Address, "c2") { Token = "bob" });

        await ann.ReadAsync("connect");
        (await eve.ReadAsync("refused"))["refused"].Value<string>().Should().Be("Not for you, eve");
        (await stranger.ReadAsync("refused"))["refused"].Value<string>().Should().Be("Sign in first");
        await bearer.ReadAsync("connect");
        Folder("ann").Should().Equal("c1");
        Folder("bob").Should().Equal("c2");
        _store.Conversations().Should().BeEmpty();
        var question = Server.Questions.First(static asked => asked["Cookie"] == "login=ann");
        question["X-Conversation-Id"].ToString().Should().Be("c1");
        question["X-Original-URI"].ToString().Should().Be("/socket.io/");
        question["X-Forwarded-For"].ToString().Should().Be("127.0.0.1");
    }

    [Fact]
    public async Task Rest_OfACallerWithoutAccess_IsRefusedInTheServersWords()
    {
        await using var host = await StartAsync();

        var stranger = await GetAsync(host, "/api/conversations", null);
        var eve = await GetAsync(host, "/api/conversations/c1/list-files", "login=eve");
        var status = await GetAsync(host, "/api/gateway/conversations/c1/status", "login=eve");
        var open = await GetAsync(host, "/health", null);

        stranger.Status.Should().Be(HttpStatusCode.Unauthorized);
        stranger.Body.Should().Be("""{"detail":"Sign in first"}""");
        eve.Status.Should().Be(HttpStatusCode.Forbidden);
        eve.Body.Should().Be("""{"detail":"Not for you, eve"}""");
        status.Status.Should().Be(HttpStatusCode.Forbidden);
        open.Status.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task TwoUsers_OfOneProcess_SeeAndChangeEachTheirOwnAlone()
    {
        await using var host = await StartAsync("Agent=echo", $"Workspace:Root={_store.PathOf("workspace")}");
        await using var ann = Client("C#");
        await using var bob = Client("C#");
        await ann.ConnectAsync(new Visit(host.Address, "shared") { Cookie = "login=ann" });
        await bob.ConnectAsync(new Visit(host.Address, "shared") { Cookie = "login=bob" });
        await ann.ReadAsync("connect");
        await bob.ReadAsync("connect");

        await ann.EmitAsync(Actions.Message("hello of ann"), wantsAck: true);
        await ann.ReadAsync("ack");
        await ann.EmitAsync(Actions.Message("again"), wantsAck: true);
        await ann.ReadAsync("ack");
        var settings = await SendAsync(host, HttpMethod.Post, "/api/settings", "login=ann", """{"llm_model":"of-ann"}""");

        settings.Status.Should().Be(HttpStatusCode.OK, settings.Body);
        (await GetAsync(host, "/api/conversations/shared/events", "login=ann")).Body.Should().Contain("hello of ann");
        (await GetAsync(host, "/api/conversations/shared/events", "login=bob")).Body.Should().NotContain("hello of ann");
        (await GetAsync(host, "/api/settings", "login=ann")).Body.Should().Contain("of-ann");
        (await GetAsync(host, "/api/settings", "login=bob")).Body.Should().NotContain("of-ann");
        await bob.EmitAsync(Actions.Message("hello of bob"), wantsAck: true);
        var seen = await bob.ReadAsync("event", "ack");
        seen["event"].ToString().Should().NotContain("of ann");

        (await SendAsync(host, HttpMethod.Delete, "/api/conversations/shared", "login=bob")).Body.Should().Be("true");
        Ids(await GetAsync(host, "/api/conversations", "login=ann")).Should().Equal("shared");
        Ids(await GetAsync(host, "/api/conversations", "login=bob")).Should().BeEmpty();
        Directory.Exists(_store.PathOf("users", "ann", "conversations", "shared")).Should().BeTrue();
        _store.Conversations().Should().BeEmpty();
    }

    [Fact]
    public async Task Everything_WhileTheServerIsGone_IsRefusedAndLetInWhenAnswersAreKnown()
    {
        await using var host = await StartAsync("Access:Forward:CacheTime=00:05:00");
        (await GetAsync(host, "/api/conversations", "login=ann")).Status.Should().Be(HttpStatusCode.OK);
        await Server.StopAsync();
        host.Expect("unreachable");

        var known = await GetAsync(host, "/api/conversations", "login=ann");
        var unknown = await GetAsync(host, "/api/conversations", "login=bob");
        await using var socket = Client("C#");
        await socket.ConnectAsync(new Visit(host.Address, "c1") { Cookie = "login=bob" });

        known.Status.Should().Be(HttpStatusCode.OK);
        unknown.Status.Should().Be(HttpStatusCode.ServiceUnavailable);
        unknown.Body.Should().Be("""{"detail":"Access could not be checked; try again later"}""");
        (await socket.ReadAsync("refused"))["refused"].Value<string>().Should().Be("Access could not be checked; try again later");
    }

    [Fact]
    public async Task OpenSocket_OfWhoIsSignedOut_IsClosedComesBackAndIsToldWhy()
    {
        var clock = new FakeTimeProvider();
        await using var host = await GatewayHost.StartAsync(
            _store, clock,
            [.. Settings(), "Access:RecheckInterval=00:00:10", "Access:Forward:CacheTime=00:00:00", "Engine:PingInterval=00:01:00"]);
        await using var ann = DriverClient.Node(static visit =>
            DriverCommands.JavaScriptConnect(visit, new JObject { ["transports"] = new JArray("websocket"), ["reconnectionDelay"] = 1 }));
        await ann.ConnectAsync(new Visit(host.Address, "c1") { Cookie = "login=ann" });
        await ann.ReadAsync("connect");
        Server.Status = 403;

        clock.Advance(TimeSpan.FromSeconds(12.5));

        (await ann.ReadAsync("disconnect"))["disconnect"].ToString().Should().Be("transport close", "a client of that reason reconnects");
        (await ann.ReadAsync("refused"))["refused"].Value<string>().Should().Be("Not for you, eve");
    }

    [Theory]
    [InlineData("Access:RecheckInterval=00:00:01", "from 00:00:05")]
    [InlineData("Access:RecheckInterval=-00:01:00", "from 00:00:05")]
    [InlineData("Access:RecheckInterval=2.00:00:00", "from 00:00:05")]
    [InlineData("Access:Mode=Open", "is for Access:Mode Forward and Jwt")]
    public async Task Start_WithARecheckThatCannotBe_SaysSo(string setting, string problem)
    {
        var start = () => StartAsync("Access:RecheckInterval=00:01:00", setting);

        (await start.Should().ThrowAsync<OptionsValidationException>()).Which.Message.Should().Contain(problem);
    }

    [Fact]
    public async Task Log_OfAnAccessServersDecisions_HasNoSecret()
    {
        await using var host = await StartAsync();
        await using var client = Client("C#");

        await client.ConnectAsync(new Visit(host.Address, "c1") { Token = "a-secret-token" });
        await client.ReadAsync("connect");
        await GetAsync(host, "/api/conversations", "login=a-secret-cookie");

        host.Log.Count("a-secret").Should().Be(0);
    }

    private static IWireClient Client(string kind) => kind == "C#"
        ? new CSharpClient(TransportProtocol.WebSocket)
        : DriverClient.Node(static visit =>
            DriverCommands.JavaScriptConnect(visit, new JObject { ["transports"] = new JArray("websocket"), ["reconnection"] = false }));

    private static Task<RestAnswer> GetAsync(GatewayHost host, string path, string? cookie) =>
        SendAsync(host, HttpMethod.Get, path, cookie);

    private static async Task<RestAnswer> SendAsync(
        GatewayHost host, HttpMethod method, string path, string? cookie, string? body = null)
    {
        using var handler = new HttpClientHandler { UseCookies = false };
        using var http = new HttpClient(handler) { BaseAddress = host.Address, Timeout = TestLimits.Step };
        using var request = new HttpRequestMessage(method, path);
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        }

        using var answer = await http.SendAsync(request);
        return new RestAnswer(answer.StatusCode, await answer.Content.ReadAsStringAsync(), "");
    }

    private static IEnumerable<string?> Ids(RestAnswer list) =>
        WireJson.Parse(list.Body)["results"]?.Select(static one => one.Value<string>("conversation_id")) ?? [];

    private Task<GatewayHost> StartAsync(params string[] settings) => GatewayHost.StartAsync(_store, [.. Settings(), .. settings]);

    private string[] Settings() => ["Access:Mode=Forward", $"Access:Forward:Address={Server.Url}", "HttpApi:RateLimit=false"];

    private IEnumerable<string?> Folder(string user) =>
        Directory.EnumerateDirectories(_store.PathOf("users", user, "conversations")).Select(Path.GetFileName);
}
