using System.Net;

using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.HttpApi.Conversations;

/// <summary>POST /api/conversations: what every web UI sends, and what is refused without leaving anything behind.</summary>
public sealed class CreateConversationTests
{
    [Theory]
    [InlineData("""{}""", """{"trigger":"gui"}""", null)]
    [InlineData("""{"initial_user_msg":""}""", """{"trigger":"gui"}""", null)]
    [InlineData("""{"initial_user_msg":"Hi","image_urls":["data:x"]}""", """{"trigger":"gui"}""", """["Hi",["data:x"]]""")]
    [InlineData("""{"image_urls":["data:x"]}""", """{"trigger":"gui"}""", """["",["data:x"]]""")]
    [InlineData("""{"selected_branch":"main","git_provider":"gitlab"}""",
        """{"trigger":"gui","selected_branch":"main","git_provider":"gitlab"}""", null)]
    [InlineData("""{"repository":""}""", """{"selected_repository":null}""", null)]
    [InlineData("""{"conversation_instructions":"Be brief.","replay_json":"no JSON","mcp_config":{"stdio_servers":[]}}""",
        """{"trigger":"gui"}""", null)]
    // 0.17 to 0.38: settings of the browser, a token, and where it comes from are dropped.
    [InlineData("""{"args":{"LLM_MODEL":"x"},"github_token":"t","conversation_trigger":"gui","initial_user_msg":"Hi"}""",
        """{"trigger":"gui"}""", """["Hi",[]]""")]
    [InlineData("""{"selected_repository":null,"conversation_trigger":"suggested_task"}""", """{"trigger":"gui"}""", null)]
    public async Task Post_WhatUisSend_MakesAConversationThatRuns(string body, string metadata, string? message)
    {
        await using var host = await ConversationHost.StartAsync();

        var (status, answer) = await host.SendAsync("POST", "/api/conversations", body);

        status.Should().Be(HttpStatusCode.OK, answer);
        var id = (string)WireJson.Parse(answer)["conversation_id"]!;
        answer.Should().Be(
            $$"""{"status":"ok","conversation_id":"{{id}}","message":null,"conversation_status":"STARTING"}""");
        id.Should().MatchRegex("^[0-9a-f]{32}$");
        var stored = host.MetadataOf(id);
        foreach (var (name, value) in (JObject)WireJson.Parse(metadata))
        {
            stored[name].Should().BeEquivalentTo(value);
        }

        var sent = host.Store.Events(id).Values.SingleOrDefault(static json => (string?)json["action"] == "message");
        (sent is null ? null : new JArray(sent["args"]!["content"]!, sent["args"]!["image_urls"]!).ToString(Formatting.None))
            .Should().Be(message);
        (await host.GetAsync(id))["status"]!.ToString().Should().Be("RUNNING");
    }

    [Fact]
    public async Task Post_WithAMessage_IsStoredAsV0StoresIt()
    {
        await using var host = await ConversationHost.StartAsync();

        var id = await host.CreateAsync("""{"initial_user_msg":"Hi"}""");

        var events = host.Store.Events(id);
        events.Values.Select(static json => json["action"] ?? json["observation"]).Select(static name => (string?)name)
            .Should().Equal("agent_state_changed", "change_agent_state", "agent_state_changed", "message");
        events[3]["source"]!.ToString().Should().Be("user");
        events[3]["args"]!.ToString(Formatting.None).Should().Be(
            """{"content":"Hi","file_urls":null,"image_urls":[],"wait_for_response":false,"security_risk":-1}""");
    }

    [Theory]
    [InlineData("MERGE_CONFLICTS")]
    [InlineData("FAILING_CHECKS")]
    [InlineData("UNRESOLVED_COMMENTS")]
    [InlineData("OPEN_ISSUE")]
    [InlineData("OPEN_PR")]
    [InlineData("CREATE_MICROAGENT")]
    public async Task Post_SuggestedTask_IsTheFirstMessage(string type)
    {
        await using var host = await ConversationHost.StartAsync();

        var id = await host.CreateAsync($$$"""
            {"initial_user_msg":"not this",
             "suggested_task":{"git_provider":"github","task_type":"{{{type}}}","repo":"octo/hello","issue_number":7,"title":"T"}}
            """);

        host.MetadataOf(id)["trigger"]!.ToString().Should().Be("suggested_task");
        host.Store.Events(id)[3]["args"]!["content"]!.ToString().Should().Contain("octo/hello").And.NotContain("not this");
    }

    [Theory]
    [InlineData("""{"repository":"octo/hello"}""")]
    [InlineData("""{"create_microagent":{"repo":"octo/hello","git_provider":"github","title":"T"}}""")]
    // 0.17 to 0.36.
    [InlineData("""{"selected_repository":"octo/hello"}""")]
    [InlineData("""{"selected_repository":{"id":1,"full_name":"octo/hello","git_provider":"github","is_public":true}}""")]
    public async Task Post_RepositoryThatNoTokenOpens_Is401AndLeavesNothing(string body)
    {
        await using var host = await ConversationHost.StartAsync();

        (await host.SendAsync("POST", "/api/conversations", body)).Should()
            .Be((HttpStatusCode.Unauthorized, "\"Unable to access repo octo/hello\""));

        host.Store.Conversations().Should().BeEmpty();
    }

    [Theory]
    [InlineData(null, "Settings not found", "CONFIGURATION$SETTINGS_NOT_FOUND")]
    [InlineData("""{"llm_model":"openai/gpt-4o"}""", "Error authenticating with the LLM provider. Please check your API key",
        "STATUS$ERROR_LLM_AUTHENTICATION")]
    [InlineData("""{"llm_model":"openai/gpt-4o","llm_api_key":"  "}""",
        "Error authenticating with the LLM provider. Please check your API key", "STATUS$ERROR_LLM_AUTHENTICATION")]
    public async Task Post_WithoutSettingsOrKey_Is400AndLeavesNothing(string? settings, string message, string id)
    {
        await using var host = await ConversationHost.StartAsync(store =>
        {
            File.Delete(store.PathOf("settings.json"));
            if (settings is not null)
            {
                File.WriteAllText(store.PathOf("settings.json"), settings);
            }
        });

        (await host.SendAsync("POST", "/api/conversations", """{"initial_user_msg":"Hi"}""")).Should()
            .Be((HttpStatusCode.BadRequest, $$"""{"status":"error","message":"{{message}}","msg_id":"{{id}}"}"""));

        host.Store.Conversations().Should().BeEmpty("V0 leaves one behind, and its list shows it");
        (await host.SendAsync("GET", "/api/conversations")).Body.Should().Be("""{"results":[],"next_page_id":null}""");
    }

    [Fact]
    public async Task Post_ModelThatNeedsNoKey_IsMade()
    {
        await using var host = await ConversationHost.StartAsync(static store =>
            File.WriteAllText(store.PathOf("settings.json"), """{"llm_model":"bedrock/claude"}"""));

        await host.CreateAsync();
    }

    [Theory]
    [InlineData("""{"conversation_id":"x"}""", "extra_forbidden", """["body","conversation_id"]""")]
    [InlineData("""{"nonsense":1}""", "extra_forbidden", """["body","nonsense"]""")]
    [InlineData("""{"image_urls":"x"}""", "list_type", """["body","image_urls"]""")]
    [InlineData("""{"image_urls":[5]}""", "string_type", """["body","image_urls",0]""")]
    [InlineData("""{"initial_user_msg":5}""", "string_type", """["body","initial_user_msg"]""")]
    [InlineData("""{"git_provider":"nope"}""", "enum", """["body","git_provider"]""")]
    [InlineData("""{"suggested_task":[]}""", "model_attributes_type", """["body","suggested_task"]""")]
    [InlineData("""{"create_microagent":{}}""", "missing", """["body","create_microagent","repo"]""")]
    [InlineData("""{"selected_repository":5}""", "string_type", """["body","selected_repository"]""")]
    [InlineData("[]", "model_attributes_type", """["body"]""")]
    [InlineData("{", "json_invalid", """["body",1]""")]
    [InlineData("", "missing", """["body"]""")]
    public async Task Post_WrongBody_Is422AndLeavesNothing(string body, string type, string location)
    {
        await using var host = await ConversationHost.StartAsync();

        var (status, answer) = await host.SendAsync("POST", "/api/conversations", body);

        status.Should().Be(HttpStatusCode.UnprocessableEntity);
        var fault = WireJson.Parse(answer)["detail"]!.Single();
        fault["type"]!.ToString().Should().Be(type);
        fault["loc"]!.ToString(Formatting.None).Should().Be(location);
        host.Store.Conversations().Should().BeEmpty();
    }

    [Fact]
    public async Task Post_AllFieldsOfATaskMissing_AreAllTold()
    {
        await using var host = await ConversationHost.StartAsync();

        var (_, answer) = await host.SendAsync("POST", "/api/conversations", """{"suggested_task":{},"more":1}""");

        WireJson.Parse(answer)["detail"]!.Select(static fault => (string?)fault["loc"]!.Last).Should()
            .Equal("git_provider", "task_type", "repo", "issue_number", "title", "more");
    }

    [Fact]
    public async Task Post_TooLarge_Is413()
    {
        await using var host = await ConversationHost.StartAsync(settings: "HttpApi:MaxBodyBytes=2000");

        var (status, _) = await host.SendAsync("POST", "/api/conversations", $$"""{"initial_user_msg":"{{new string('x', 3_000)}}"}""");

        status.Should().Be(HttpStatusCode.RequestEntityTooLarge);
        host.Store.Conversations().Should().BeEmpty();
    }

    [Fact]
    public async Task Post_StoreThatCannotBeWritten_Is500WithoutAWordOfOurs()
    {
        await using var host = await ConversationHost.StartAsync(static store => File.WriteAllText(store.PathOf("sessions"), "no folder"));
        host.Gateway.Expect("POST");

        (await host.SendAsync("POST", "/api/conversations", "{}")).Should()
            .Be((HttpStatusCode.InternalServerError, "Internal Server Error"));
    }

    [Fact]
    public async Task Post_SettingsThatCannotBeRead_Is500AndLeavesNothing()
    {
        await using var host = await ConversationHost.StartAsync(static store =>
            File.WriteAllText(store.PathOf("settings.json"), "{"));
        host.Gateway.Expect("POST");

        (await host.SendAsync("POST", "/api/conversations", "{}")).Status.Should().Be(HttpStatusCode.InternalServerError);

        host.Store.Conversations().Should().BeEmpty();
    }
}
