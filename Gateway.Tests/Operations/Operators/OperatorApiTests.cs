using System.IO.Compression;
using System.Net;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Operations.Operators;

/// <summary>The operators' tables and actions over a real server with real clients.</summary>
public sealed class OperatorApiTests
{
    private const string SessionKey = "the-session-key-of-clients";

    [Fact]
    public async Task Tables_OfClientsThatCameAndWent_SayWhoAndWhy()
    {
        await using var stage = await OperatorStage.StartAsync($"SESSION_API_KEY={SessionKey}");
        var client = await stage.JoinAsync(key: SessionKey);
        var stranger = new HandWrittenClient([]);
        await stranger.ConnectAsync(new Visit(stage.Host.Address, stage.Conversation, Key: "wrong"));
        await stranger.ReadAsync("refused");
        using (var old = await stage.Http.GetAsync(new Uri(stage.Host.Address, "/socket.io/?EIO=3&transport=polling")))
        {
            old.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        }

        var row = (await stage.GetAsync("conversations"))["rows"]!.Single();
        ((string?)row["id"]).Should().Be(stage.Conversation);
        ((int?)row["clients"]).Should().Be(1);
        ((string?)row["owner"]).Should().Be("this node");
        ((string?)row["agentState"]).Should().NotBeNullOrEmpty();

        var seen = (await stage.GetAsync("clients"))["rows"]!.Single();
        ((string?)seen["transport"]).Should().Be("websocket");
        ((string?)seen["protocol"]).Should().Be("4");
        ((string?)seen["query"]).Should().Be("latest_event_id conversation_id session_api_key");
        ((string?)seen["dialect"]).Should().Be("program");

        var reasons = (await stage.GetAsync("refusal-reasons"))["rows"]!;
        reasons.Select(static reason => $"{reason["stage"]}: {reason["sentence"]}").Should().BeEquivalentTo(
            "connect: invalid_session_api_key", "handshake: Unsupported protocol version");
        (await stage.GetAsync("refusals?q=UNSUPPORTED"))["matching"]!.Value<int>().Should().Be(1);

        await client.LeaveAsync();
        await stranger.DisposeAsync();
        await stage.GetUntilAsync(
            "closes", static table => table["rows"]!.Any(static close => (string?)close["reason"] == "client_closed"));
        var now = await stage.GetUntilAsync("now", static now => (int)now["connected"]! == 0);
        ((double?)now["v0Share"]).Should().Be(1);
        ((string?)now["store"]!["kind"]).Should().Be("Files");
    }

    [Fact]
    public async Task Clients_AfterARestart_AreStillKnown()
    {
        await using var stage = await OperatorStage.StartAsync();
        await (await stage.JoinAsync()).LeaveAsync();
        await stage.RestartAsync();
        await stage.GetUntilAsync("clients", static table => (int)table["total"]! == 1);

        await (await stage.JoinAsync()).LeaveAsync();

        ((int)(await stage.GetAsync("clients"))["rows"]!.Single()["connects"]!).Should().Be(2);
        using var csv = await stage.Http.GetAsync(new Uri(stage.Host.Address, "/operator/api/clients?format=csv"));
        csv.Content.Headers.ContentType!.MediaType.Should().Be("text/csv");
        (await csv.Content.ReadAsStringAsync()).Split("\r\n").Should().HaveCount(3)
            .And.StartWith("library,version,protocol,transport,dialect,query,connects,firstSeen,lastSeen");
        ((int)(await stage.GetAsync("days"))["rows"]!.Single()["v0"]!).Should().Be(2);
    }

    [Fact]
    public async Task Recording_OfClientsBeforeAndAfterItsBeginning_VerifiesAndHoldsNoSecret()
    {
        await using var stage = await OperatorStage.StartAsync($"SESSION_API_KEY={SessionKey}");
        var before = await stage.JoinAsync(key: SessionKey);
        var (status, started) = await stage.PostAsync($"conversations/{stage.Conversation}/record");
        status.Should().Be(200);
        (await stage.PostAsync($"conversations/{stage.Conversation}/record")).Status.Should().Be(409);
        var after = await stage.JoinAsync(key: SessionKey);

        await before.EmitAsync(Actions.Message("From the first"));
        await before.ReadTurnAsync();
        await after.ReadTurnAsync();
        await after.LeaveAsync();
        await stage.GetUntilAsync(
            $"conversations/{stage.Conversation}",
            static view => (int)view["clientCount"]! == 1 && (int)view["recording"]!["frames"]! > 20);
        var (_, stopped) = await stage.PostAsync($"conversations/{stage.Conversation}/record/stop");

        ((string?)stopped["name"]).Should().Be((string?)started["name"]);
        var folder = await stage.UnpackAsync((string)stopped["name"]!);
        var har = await File.ReadAllTextAsync(Path.Combine(folder, "session.har"));
        har.Should().NotContain(SessionKey).And.Contain("redacted-");
        var result = await Verification.InProcessAsync(folder);
        result.ShouldBeEqual();
        result.Connections.Should().Be(2);
        ((string?)(await stage.GetAsync("recordings"))["rows"]!.Single()["state"]).Should().Be("ended");
    }

    [Fact]
    public async Task Recording_OfAConversationThatNobodyKnows_IsRefusedAndTakesNoPlace()
    {
        await using var stage = await OperatorStage.StartAsync("Operations:Operator:MaxRecordings=1");

        (await stage.PostAsync("conversations/nobody-knows-it/record")).Status.Should().Be(404);

        (await stage.GetAsync("recordings"))["rows"]!.Should().BeEmpty();
        (await stage.PostAsync($"conversations/{stage.Conversation}/record")).Status.Should().Be(200);
        await stage.JoinAsync("just-made");
        (await stage.PostAsync("conversations/just-made/record")).Status.Should().Be(409, "only one may be recorded");
    }

    [Fact]
    public async Task Recording_ThatBecomesTooLarge_EndsByItself()
    {
        await using var stage = await OperatorStage.StartAsync("Operations:Operator:MaxRecordingBytes=131072");
        await stage.PostAsync($"conversations/{stage.Conversation}/record");
        var client = await stage.JoinAsync();

        await client.EmitAsync(Actions.Message(new string('x', 100_000)));
        await client.ReadTurnAsync();

        var table = await stage.GetUntilAsync(
            "recordings", static table => table["rows"]!.All(static row => (string?)row["state"] == "ended"));
        table["rows"].Should().ContainSingle();
        (await stage.PostAsync($"conversations/{stage.Conversation}/record/stop")).Status.Should().Be(409);
    }

    [Fact]
    public async Task Bundle_OfAServerWithSecrets_HoldsNoneOfThem()
    {
        await using var stage = await OperatorStage.StartAsync($"SESSION_API_KEY={SessionKey}", "V1:SessionApiKey=the-key-of-v1");

        using var zip = new ZipArchive(
            new MemoryStream(await stage.Http.GetByteArrayAsync(new Uri(stage.Host.Address, "/operator/api/bundle"))));

        zip.Entries.Select(static entry => entry.Name)
            .Should().Contain(["settings.json", "status.json", "versions.json", "refusals.json"]);
        foreach (var entry in zip.Entries)
        {
            using var text = new StreamReader(entry.Open());
            (await text.ReadToEndAsync()).Should().NotContain(SessionKey).And.NotContain(OperatorStage.Key).And.NotContain("the-key-of-v1");
        }

        using var settings = new StreamReader(zip.GetEntry("settings.json")!.Open());
        var shown = JObject.Parse(await settings.ReadToEndAsync());
        ((string?)shown["Access:SessionApiKey"]).Should().Be("(set, not shown)");
        ((string?)shown["Agent"]).Should().Be("echo");
    }

    [Fact]
    public async Task Conversation_WhereOperatorsMayRead_ShowsItsEvents()
    {
        await using var stage = await OperatorStage.StartAsync("Operations:Operator:ReadEvents=true");

        var view = await stage.GetAsync($"conversations/{stage.Conversation}");

        view["events"]!.Should().HaveCount(20);
        ((string?)view["events"]![0]!["json"]).Should().StartWith("{");
        ((int)view["events"]![0]!["id"]!).Should().Be((int)view["head"]!);
        ((bool)view["isOpen"]!).Should().BeFalse();
        (await stage.PostAsync($"conversations/{stage.Conversation}/notice", new { message = "Hi" })).Status.Should().Be(409);
        (await stage.PostAsync($"conversations/{stage.Conversation}/notice", new { message = " " })).Status.Should().Be(400);
        (await stage.PostAsync($"conversations/{stage.Conversation}/close")).Status.Should().Be(409);
    }

    [Theory]
    [InlineData("/operator")]
    [InlineData("/operator/sign-in")]
    [InlineData("/operator/files/operator.js")]
    [InlineData("/operator/api/now")]
    [InlineData("/operator/api/clients")]
    public async Task Routes_WithoutAnOperatorsKey_AreNotThere(string path)
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "Agent=none");
        using var rest = new RestClient(host.Address);

        (await rest.GetAsync(path)).Status.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Routes_ForPagesOfOtherOrigins_GiveNothing()
    {
        await using var stage = await OperatorStage.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(stage.Host.Address, "/operator/api/now"));
        request.Headers.Add("Origin", "http://localhost:5173");
        using var answer = await stage.Http.SendAsync(request);

        answer.Headers.Contains("Access-Control-Allow-Origin").Should().BeFalse();
        answer.Headers.GetValues("Cache-Control").Should().Equal("no-store");

        using var form = new FormUrlEncodedContent([new("key", OperatorStage.Key)]);
        using var foreign = new HttpRequestMessage(HttpMethod.Post, new Uri(stage.Host.Address, "/operator/sign-in")) { Content = form };
        foreign.Headers.Add("Origin", "http://localhost:5173");
        using var refused = await stage.Http.SendAsync(foreign);

        refused.StatusCode.Should().Be(HttpStatusCode.Forbidden);
        refused.Headers.Contains("Set-Cookie").Should().BeFalse();
    }
}
