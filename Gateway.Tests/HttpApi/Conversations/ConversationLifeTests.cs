using System.Net;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.HttpApi.Conversations;

/// <summary>A conversation's status through its life, and what its clients and its store see of it.</summary>
public sealed class ConversationLifeTests
{
    [Fact]
    public async Task Life_FromCreationToDeletion_IsV0s()
    {
        await using var host = await ConversationHost.StartAsync();
        var id = await host.CreateAsync();
        await Eventually.IsTrueAsync(() => host.Store.Events(id).Count == 3, "it waits for its user");

        var created = await host.GetAsync(id);
        created.Properties().Select(static field => $"{field.Name}={field.Value.ToString(Formatting.None)}").Should().Equal(
            $"conversation_id=\"{id}\"",
            $"title=\"Conversation {id[..5]}\"",
            $"last_updated_at={Json(created["last_updated_at"])}",
            "status=\"RUNNING\"",
            "runtime_status=\"STATUS$RUNTIME_STARTED\"",
            "selected_repository=null",
            "selected_branch=null",
            "git_provider=null",
            "trigger=\"gui\"",
            "num_connections=0",
            $"url=\"/api/conversations/{id}\"",
            "session_api_key=null",
            $"created_at={Json(created["created_at"])}",
            "pr_number=[]",
            "conversation_version=\"V0\"");
        await using (var client = await host.JoinAsync(id))
        {
            (await host.GetAsync(id))["num_connections"]!.Value<int>().Should().Be(1);
            var list = WireJson.Parse((await host.SendAsync("GET", "/api/conversations")).Body);
            list["results"]!.Single()["num_connections"]!.Value<int>().Should().Be(0);
            list["results"]!.Single()["status"]!.ToString().Should().Be("RUNNING");

            (await host.SendAsync("POST", $"/api/conversations/{id}/stop")).Body.Should().Be(
                Answer(id, "\"Conversation stopped successfully\"", "RUNNING"));
            (await ReadAllAsync(client)).Should().BeEmpty("V0's clients get a disconnect packet and nothing else");
        }

        var stopped = await host.GetAsync(id);
        new JArray(stopped["status"]!, stopped["runtime_status"]!, stopped["url"]!).ToString(Formatting.None).Should()
            .Be("""["STOPPED",null,null]""");
        (await host.SendAsync("POST", $"/api/conversations/{id}/stop")).Body.Should().Be(
            Answer(id, "\"Conversation was not running\"", "STOPPED"));
        (await host.SendAsync("POST", $"/api/conversations/{id}/start", "{}")).Body.Should().Be(
            Answer(id, "null", "STARTING"));
        (await host.SendAsync("POST", $"/api/conversations/{id}/start", """{"providers_set":["github"]}""")).Body.Should().Be(
            Answer(id, "null", "RUNNING"));
        (await host.SendAsync("DELETE", $"/api/conversations/{id}")).Body.Should().Be("true");
        (await host.SendAsync("GET", $"/api/conversations/{id}")).Body.Should().Be("null");
        (await host.SendAsync("DELETE", $"/api/conversations/{id}")).Body.Should().Be("false");
        host.Store.Conversations().Should().BeEmpty();
    }

    [Fact]
    public async Task States_OfAConversationWithoutAnAgent_AreThoseOfV0()
    {
        await using var host = await ConversationHost.StartAsync();
        var id = await host.CreateAsync();
        await Eventually.IsTrueAsync(() => host.Store.Events(id).Count == 3, "a new conversation says that it waits");
        var last = (await host.GetAsync(id))["last_updated_at"]!.ToString();
        await host.SendAsync("POST", $"/api/conversations/{id}/stop");

        var stopped = host.Store.Events(id).Values.Select(Describe).ToList();
        var lastAfterStop = (await host.GetAsync(id))["last_updated_at"]!.ToString();
        await host.SendAsync("POST", $"/api/conversations/{id}/start");
        await Eventually.IsTrueAsync(() => host.Store.Events(id).Count == 7, "the start says that it waits");

        string[] first =
        [
            "environment agent_state_changed loading",
            "environment change_agent_state awaiting_user_input",
            "environment agent_state_changed awaiting_user_input",
        ];
        stopped.Should().Equal([.. first, "environment agent_state_changed stopped"]);
        host.Store.Events(id).Values.Select(Describe).Should().Equal([.. stopped, .. first]);
        host.Store.Events(id)[1]["message"]!.ToString().Should().Be("Agent state changed to AgentState.AWAITING_USER_INPUT");
        lastAfterStop.Should().BeOneOf([last, lastAfterStop], "a stop is no activity");
    }

    [Fact]
    public async Task Delete_WhileClientsAreThere_DisconnectsThemAndRemovesEverything()
    {
        await using var host = await ConversationHost.StartAsync();
        var id = await host.CreateAsync();
        await Eventually.IsTrueAsync(() => host.Store.Events(id).Count == 3, "it waits for its user");
        await using var client = await host.JoinAsync(id);

        (await host.SendAsync("DELETE", $"/api/conversations/{id}")).Body.Should().Be("true");

        (await ReadAllAsync(client)).Should().BeEmpty();
        host.Store.Conversations().Should().BeEmpty();
    }

    [Fact]
    public async Task Message_OfAClientWithoutAnAgent_IsStoredAndGivesTheTitle()
    {
        await using var host = await ConversationHost.StartAsync();
        var id = await host.CreateAsync();
        await using var client = await host.JoinAsync(id);

        await client.EmitAsync(
            JObject.Parse("""{"action":"message","args":{"content":"  Build me a small boat, please, and quickly  "}}"""));

        JToken? title = null;
        while (title is null)
        {
            var seen = await client.ReadAsync("event");
            title = seen["event"]["conversation_title"];
        }

        title.ToString().Should().Be("Build me a small boat, please,...");
        (await host.GetAsync(id))["title"]!.ToString().Should().Be(title.ToString());
    }

    [Theory]
    [InlineData("A name", "A name", "A name")]
    [InlineData("  A name  ", "A name", "A name")]
    [InlineData("   ", "", "Conversation 6b9cd")]
    public async Task Rename_Title_IsTrimmedStoredAndTold(string title, string stored, string shown)
    {
        await using var host = await ConversationHost.StartAsync(static store => ConversationHost.Put(store, ConversationHost.Id));
        await using var client = await host.JoinAsync(ConversationHost.Id);

        (await host.SendAsync("PATCH", $"/api/conversations/{ConversationHost.Id}", new JObject { ["title"] = title }.ToString())).Should()
            .Be((HttpStatusCode.OK, "true"));

        var told = (await client.ReadAsync("event"))["event"];
        told.ToString(Formatting.None).Should().Be(
            $$"""{"status_update":true,"type":"info","message":"{{ConversationHost.Id}}","conversation_title":"{{stored}}"}""");
        host.MetadataOf(ConversationHost.Id)["title"]!.ToString().Should().Be(stored);
        host.MetadataOf(ConversationHost.Id)["last_updated_at"]!.Type.Should().Be(JTokenType.String);
        (await host.GetAsync(ConversationHost.Id))["title"]!.ToString().Should().Be(shown);
    }

    [Theory]
    [InlineData("no-such")]
    [InlineData("%C3%BC")]
    [InlineData("a.b")]
    public async Task Routes_OfAnUnknownConversation_SayWhatV0Says(string id)
    {
        await using var host = await ConversationHost.StartAsync();

        (await host.SendAsync("GET", $"/api/conversations/{id}")).Should().Be((HttpStatusCode.OK, "null"));
        (await host.SendAsync("DELETE", $"/api/conversations/{id}")).Should().Be((HttpStatusCode.OK, "false"));
        (await host.SendAsync("PATCH", $"/api/conversations/{id}", """{"title":"x"}""")).Should().Be((HttpStatusCode.NotFound,
            """{"status":"error","message":"Conversation not found","msg_id":"CONVERSATION$NOT_FOUND"}"""));
        var (status, started) = await host.SendAsync("POST", $"/api/conversations/{id}/start", "{}");
        (status, started).Should().Be(
            (HttpStatusCode.NotFound, $$"""{"status":"error","conversation_id":"{{Uri.UnescapeDataString(id)}}"}"""));
        host.Store.Conversations().Should().BeEmpty();
    }

    [Theory]
    [InlineData("GET", "a%2Fb", 404, "Not Found")]
    [InlineData("DELETE", "a..b", 400, "Conversation ID contains invalid path characters")]
    [InlineData("PATCH", "a%5Cb", 400, "Conversation ID contains invalid path characters")]
    [InlineData("GET", "a%0Ab", 400, "Conversation ID contains control characters")]
    [InlineData("POST", "a..b/start", 400, "Conversation ID contains invalid path characters")]
    [InlineData("POST", "a..b/stop", 400, "Conversation ID contains invalid path characters")]
    [InlineData("PUT", "abc", 405, "Method Not Allowed")]
    [InlineData("POST", "abc", 405, "Method Not Allowed")]
    public async Task Routes_OfAWrongIdOrMethod_SayWhatV0Says(string method, string path, int status, string detail)
    {
        await using var host = await ConversationHost.StartAsync();

        (await host.SendAsync(method, $"/api/conversations/{path}", "{}")).Should()
            .Be(((HttpStatusCode)status, $$"""{"detail":"{{detail}}"}"""));
    }

    [Theory]
    [InlineData(100, "null")]
    [InlineData(101, """{"detail":"Conversation ID is too long"}""")]
    public async Task Get_LongId_IsRefusedPast100(int length, string answer)
    {
        await using var host = await ConversationHost.StartAsync();

        (await host.SendAsync("GET", $"/api/conversations/{new string('a', length)}")).Body.Should().Be(answer);
    }

    [Fact]
    public async Task Delete_FolderWithoutMetadata_IsNone()
    {
        await using var host = await ConversationHost.StartAsync(static store =>
            Directory.CreateDirectory(store.PathOf("sessions", ConversationHost.Id)));

        (await host.SendAsync("DELETE", $"/api/conversations/{ConversationHost.Id}")).Body.Should().Be("false");

        host.Store.Conversations().Should().ContainSingle();
    }

    [Fact]
    public async Task Routes_ConversationDeletedByAnother_IsUnknownAtOnce()
    {
        await using var host = await ConversationHost.StartAsync(static store => ConversationHost.Put(store, ConversationHost.Id));
        (await host.SendAsync("GET", "/api/conversations")).Body.Should().Contain(ConversationHost.Id);

        Directory.Delete(host.Store.PathOf("sessions", ConversationHost.Id), recursive: true);

        (await host.SendAsync("GET", "/api/conversations")).Body.Should().Be("""{"results":[],"next_page_id":null}""");
        (await host.SendAsync("GET", $"/api/conversations/{ConversationHost.Id}")).Body.Should().Be("null");
        (await host.SendAsync("PATCH", $"/api/conversations/{ConversationHost.Id}", """{"title":"x"}""")).Status.Should()
            .Be(HttpStatusCode.NotFound);
        host.Store.Conversations().Should().BeEmpty();
    }

    private static string Answer(string id, string message, string status) =>
        $$"""{"status":"ok","conversation_id":"{{id}}","message":{{message}},"conversation_status":"{{status}}"}""";

    private static string Json(JToken? token) => token?.ToString(Formatting.None) ?? "null";

    private static string Describe(JObject json) =>
        $"{json["source"]} {json["action"] ?? json["observation"]} {(json["args"] ?? json["extras"])!["agent_state"]}";

    /// <summary>The events that come before the end.</summary>
    private static async Task<List<string>> ReadAllAsync(HandWrittenClient client)
    {
        var events = new List<string>();
        await foreach (var seen in client.Seen.ReadAllAsync())
        {
            if (seen.On == "disconnect")
            {
                return events;
            }

            events.Add(Json(seen.Value));
        }

        return events;
    }
}
