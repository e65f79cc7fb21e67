using System.Globalization;
using System.Net;
using System.Text;

using Gateway.Primitives.Json;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.V1;

/// <summary>V0's REST through the whole gateway, answered from a V1 server: what the web UI asks and what V1 then sees.</summary>
public sealed class V1RestTests : IDisposable
{
    private const string Settings = """{"llm_model":"openai/gpt-x","llm_api_key":"sk-user"}""";

    private readonly HttpClient _http = new() { Timeout = TestLimits.Step };

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Create_AsTheWebUiDoes_IsMadeAtV1AndRunsHere()
    {
        await using var stage = await StartAsync();

        var created = await SendAsync(stage, HttpMethod.Post, "/api/conversations", """{"initial_user_msg":"Hi"}""");

        var id = created.Object.Text("conversation_id");
        created.Text.Should().Be(
            $$"""{"status":"ok","conversation_id":"{{id}}","message":null,"conversation_status":"STARTING"}""");
        id.Should().MatchRegex("^[0-9a-f]{32}$");
        var sent = stage.Server.Rest.LastCreation!;
        sent.Text("conversation_id").Should().Be(Guid.Parse(id).ToString("D"));
        sent["initial_message"]!.ToString(Newtonsoft.Json.Formatting.None).Should()
            .Be("""{"role":"user","content":[{"type":"text","text":"Hi"}],"run":true}""");
        var found = (await SendAsync(stage, HttpMethod.Get, $"/api/conversations/{id}")).Object;
        found.Text("status").Should().Be("RUNNING");
        found.Text("conversation_version").Should().Be("V0");
        var listed = (await SendAsync(stage, HttpMethod.Get, "/api/conversations?limit=10")).Object.Objects("results").ToList();
        listed.Select(static one => one.Text("conversation_id")).Should().Equal(id, V1Stage.Id);
        stage.Server.Calls.Should().NotContain(static call => call.StartsWith("/events", StringComparison.Ordinal), "V1 has the message");
    }

    [Fact]
    public async Task Create_RefusedByV1_IsV0sErrorAndLeavesNothing()
    {
        await using var stage = await StartAsync();
        stage.Server.Rest.RefusesToCreate = (422, "no such model");

        var created = await SendAsync(stage, HttpMethod.Post, "/api/conversations", "{}");

        created.Status.Should().Be(HttpStatusCode.BadRequest);
        created.Text.Should().Be(
            """{"status":"error","message":"The agent server answered 422: no such model","msg_id":"STATUS$ERROR"}""");
        stage.Store.Conversations().Should().BeEmpty();
    }

    [Fact]
    public async Task List_ConversationsOfBoth_AreOneListByDateUnderV0sIds()
    {
        await using var stage = await StartAsync();
        var now = DateTimeOffset.UtcNow;
        stage.Server.Rest.Forget(stage.Server.ConversationId);
        var ids = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            var id = stage.Server.Rest.Add(Guid.NewGuid(), $"V1 {i}", now.AddHours(-2 * i));
            ids.Add(id.ToString("N"));
            var stored = Guid.NewGuid().ToString("N");
            await StoreAsync(stage, stored, now.AddHours(-(2 * i) - 1));
            ids.Add(stored);
        }

        // In both: it is listed once.
        await StoreAsync(stage, ids[4], now.AddHours(-4));
        var seen = new List<string>();
        string? page = "";
        do
        {
            var path = $"/api/conversations?limit=3&page_id={Uri.EscapeDataString(page)}";
            var answer = (await SendAsync(stage, HttpMethod.Get, path)).Object;
            seen.AddRange(answer.Objects("results").Select(static one => one.Text("conversation_id")));
            page = answer.TextOrNull("next_page_id");
        }
        while (page is not null);

        seen.Should().Equal(ids);
    }

    [Fact]
    public async Task Get_ConversationThatOnlyV1Knows_IsShownAndStarts()
    {
        await using var stage = await StartAsync();
        stage.Server.Rest.SetTitle(stage.Server.ConversationId, "Fix the add function");

        var found = (await SendAsync(stage, HttpMethod.Get, $"/api/conversations/{V1Stage.Id}")).Object;
        var started = await SendAsync(stage, HttpMethod.Post, $"/api/conversations/{V1Stage.Id}/start", """{"providers_set":[]}""");
        var running = (await SendAsync(stage, HttpMethod.Get, $"/api/conversations/{V1Stage.Id}")).Object;

        found.Text("title").Should().Be("Fix the add function");
        found.Text("status").Should().Be("STOPPED");
        found.Text("conversation_version").Should().Be("V0");
        started.Object.Text("conversation_status").Should().Be("STARTING");
        running.Text("status").Should().Be("RUNNING");
        running.Text("title").Should().Be("Fix the add function");
        running.Text("created_at").Should().Be(found.Text("created_at"));
        stage.Store.Conversations().Should().Equal(V1Stage.Id);
        (await SendAsync(stage, HttpMethod.Get, $"/api/conversations/{Guid.NewGuid():N}")).Text.Should().Be("null");
    }

    [Fact]
    public async Task Rename_AConversation_IsTheTitleHereAndAtV1()
    {
        await using var stage = await StartAsync();

        var renamed = await SendAsync(stage, HttpMethod.Patch, $"/api/conversations/{V1Stage.Id}", """{"title":" Größe \"1\" "}""");

        renamed.Text.Should().Be("true");
        stage.Server.Rest.TitleOf(stage.Server.ConversationId).Should().Be("Größe \"1\"");
        (await SendAsync(stage, HttpMethod.Get, $"/api/conversations/{V1Stage.Id}")).Object.Text("title").Should().Be("Größe \"1\"");
        (await SendAsync(stage, HttpMethod.Patch, $"/api/conversations/{Guid.NewGuid():N}", """{"title":"x"}""")).Status
            .Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Delete_AnOpenConversation_IsGoneHereAndAtV1()
    {
        await using var stage = await StartAsync();
        await SendAsync(stage, HttpMethod.Post, $"/api/conversations/{V1Stage.Id}/start", "{}");

        (await SendAsync(stage, HttpMethod.Delete, $"/api/conversations/{V1Stage.Id}")).Text.Should().Be("true");

        stage.Server.Rest.Knows(stage.Server.ConversationId).Should().BeFalse();
        stage.Store.Conversations().Should().BeEmpty();
        (await SendAsync(stage, HttpMethod.Get, "/api/conversations")).Text.Should().Be("""{"results":[],"next_page_id":null}""");
        (await SendAsync(stage, HttpMethod.Get, $"/api/conversations/{V1Stage.Id}")).Text.Should().Be("null");
        (await SendAsync(stage, HttpMethod.Delete, $"/api/conversations/{V1Stage.Id}")).Text.Should().Be("false");
    }

    [Theory]
    [InlineData(true, "/interrupt")]
    [InlineData(false, "/interrupt", "/pause")]
    public async Task Stop_ARunningConversation_StopsV1sAgentToo(bool isNew, params string[] calls)
    {
        await using var stage = await StartAsync(isNew);
        await SendAsync(stage, HttpMethod.Post, $"/api/conversations/{V1Stage.Id}/start", "{}");

        var stopped = await SendAsync(stage, HttpMethod.Post, $"/api/conversations/{V1Stage.Id}/stop");
        var again = await SendAsync(stage, HttpMethod.Post, $"/api/conversations/{V1Stage.Id}/stop");

        stopped.Object.Text("message").Should().Be("Conversation stopped successfully");
        again.Object.Text("message").Should().Be("Conversation was not running");
        stage.Server.Calls.Should().Equal(calls);
        (await SendAsync(stage, HttpMethod.Get, $"/api/conversations/{V1Stage.Id}")).Object.Text("status").Should().Be("STOPPED");
    }

    [Fact]
    public async Task Everything_V1Away_IsAnsweredInTimeAndTheListShowsTheStore()
    {
        await using var stage = await StartAsync(settings: "V1:RestTimeout=00:00:00.500");
        await StoreAsync(stage, V1Stage.Id, DateTimeOffset.UtcNow);
        stage.Server.HeldUntil = new TaskCompletionSource().Task;
        var path = $"/api/conversations/{V1Stage.Id}";

        var listed = await SendAsync(stage, HttpMethod.Get, "/api/conversations");
        var renamed = await SendAsync(stage, HttpMethod.Patch, path, """{"title":"x"}""");
        var deleted = await SendAsync(stage, HttpMethod.Delete, path);
        var found = await SendAsync(stage, HttpMethod.Get, path);
        var unknown = await SendAsync(stage, HttpMethod.Get, $"/api/conversations/{Guid.NewGuid():N}");

        listed.Object.Objects("results").Select(static one => one.Text("conversation_id")).Should().Equal(V1Stage.Id);
        renamed.Status.Should().Be(HttpStatusCode.InternalServerError);
        renamed.Text.Should().Be(
            """{"status":"error","message":"Failed to update conversation: The agent server cannot be reached.","msg_id":"CONVERSATION$UPDATE_ERROR"}""");
        deleted.Status.Should().Be(HttpStatusCode.InternalServerError);
        deleted.Text.Should().Be("Internal Server Error");
        found.Object.Text("title").Should().NotBe("x");
        unknown.Text.Should().Be("null");
        stage.Store.Conversations().Should().Equal(V1Stage.Id);
    }

    [Fact]
    public async Task Create_V1Down_SaysSoAndLeavesNothing()
    {
        await using var stage = await StartAsync();
        stage.Server.IsDown = true;

        var created = await SendAsync(stage, HttpMethod.Post, "/api/conversations", "{}");

        created.Text.Should().Be(
            """{"status":"error","message":"The agent server cannot be reached.","msg_id":"STATUS$ERROR_RUNTIME_DISCONNECTED"}""");
        stage.Store.Conversations().Should().BeEmpty();
    }

    [Fact]
    public async Task Models_OfV1_AreSortedWithItsOwnAndKept()
    {
        await using var stage = await StartAsync();
        stage.Server.Rest.Models = new JArray("z/b", "a/c", "B", "a/c", 5);

        var models = await SendAsync(stage, HttpMethod.Get, "/api/options/models");
        var again = await SendAsync(stage, HttpMethod.Get, "/api/options/models");

        models.Text.Should().Be("""["B","a/c","openhands/own-model","z/b"]""");
        again.Text.Should().Be(models.Text);
        stage.Server.Rest.Requests.Count(static request => request.EndsWith("/llm/models", StringComparison.Ordinal)).Should().Be(1);
    }

    [Fact]
    public async Task Models_OfAnOlderV1_AreV0s()
    {
        await using var stage = await StartAsync(isNew: false);

        var models = await SendAsync(stage, HttpMethod.Get, "/api/options/models");

        JArray.Parse(models.Text).Should().HaveCount(1595);
    }

    [Fact]
    public async Task Title_OfV1_IsToldToTheRoomAndKept()
    {
        await using var stage = await StartAsync();
        await using var client = await stage.ConnectAsync();
        await client.UntilStateAsync("awaiting_user_input");

        await client.EmitAsync(Actions.Message("Hi"));
        await client.UntilAsync(static e => (string?)e["source"] == "user" && (string?)e["action"] == "message");
        stage.Server.Rest.SetTitle(stage.Server.ConversationId, "Fix the add function");
        var told = await client.UntilAsync(static e => e["conversation_title"] is not null);

        told.ToString(Newtonsoft.Json.Formatting.None).Should().Be(
            $$"""{"status_update":true,"type":"info","message":"{{V1Stage.Id}}","conversation_title":"Fix the add function"}""");
        var found = await SendAsync(stage, HttpMethod.Get, $"/api/conversations/{V1Stage.Id}");
        found.Object.Text("title").Should().Be("Fix the add function");
    }

    private static async Task<V1Stage> StartAsync(bool isNew = true, params string[] settings)
    {
        var stage = await V1Stage.StartAsync("v1/hello", isNew, "NeverConfirm", ["HttpApi:RateLimit=false", .. settings]);
        await File.WriteAllTextAsync(stage.Store.PathOf("settings.json"), Settings);
        return stage;
    }

    private static async Task StoreAsync(V1Stage stage, string id, DateTimeOffset createdAt)
    {
        Directory.CreateDirectory(stage.Store.PathOf("sessions", id));
        var json = new JObject
        {
            ["conversation_id"] = id,
            ["selected_repository"] = null,
            ["title"] = "stored",
            ["created_at"] = createdAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
        };
        await File.WriteAllTextAsync(stage.Store.PathOf("sessions", id, "metadata.json"), json.ToString());
    }

    private async Task<Answer> SendAsync(V1Stage stage, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(stage.Host.Address, path));
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _http.SendAsync(request);
        return new Answer(answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private sealed record Answer(HttpStatusCode Status, string Text)
    {
        public JObject Object => JObject.Parse(Text);
    }
}
