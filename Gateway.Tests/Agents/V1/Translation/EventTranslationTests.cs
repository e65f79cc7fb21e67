using Gateway.Agents.V1.Translation;
using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Translation;

/// <summary>Everything of V1's log that is no tool and no state.</summary>
public sealed class EventTranslationTests
{
    private readonly V1Event _v1 = new();
    private readonly TranslatedLog _log = new();

    [Fact]
    public void Translate_SystemPrompt_IsSystem()
    {
        _log.Add(_v1.New("SystemPromptEvent", "agent", """
            "system_prompt":{"type":"text","text":"You"},"dynamic_context":{"type":"text","text":"Here"},
            "tools":[{"description":"d","kind":"FileEditorTool"},{"description":"e","title":"fetch","kind":"MCPToolDefinition"}]
            """));

        _log.Events[0]["args"]!.ToString(Formatting.None).Should().Be(
            """{"content":"You\n\nHere","tools":[{"type":"function","function":{"name":"file_editor","description":"d","parameters":{}}},"""
            + """{"type":"function","function":{"name":"fetch","description":"e","parameters":{}}}],"openhands_version":"0.62.0","agent_class":"CodeActAgent"}""");
    }

    [Fact]
    public void Translate_UserMessage_HasItsImagesAndNotTheExtendedContent()
    {
        _log.Add(_v1.Message("user", "Look", ",\"extended_content\":[{\"type\":\"text\",\"text\":\"secret\"}]",
            ",{\"type\":\"image\",\"image_urls\":[\"data:,\"]}"));

        ((string?)_log.Events[0]["source"]).Should().Be("user");
        _log.Events[0]["args"]!.ToString(Formatting.None).Should().Be(
            """{"content":"Look","file_urls":[],"image_urls":["data:,"],"wait_for_response":false,"security_risk":-1}""");
    }

    [Fact]
    public void Translate_UserMessageWhoseFilesAreKnown_HasThem()
    {
        _log.Translator.Context.FileUrls = new JArray("/workspace/a.txt");

        _log.Add(_v1.Message("user", "Look"));

        _log.Events[0]["args"]!["file_urls"]!.ToString(Formatting.None).Should().Be("""["/workspace/a.txt"]""");
    }

    /// <summary>A goal speaks to the agent in the user's name: nobody in the room has said that.</summary>
    [Theory]
    [InlineData("The goal is NOT yet complete (audit iteration 1).\\nOutstanding: tests", true, "agent")]
    [InlineData("Resuming a goal that was paused or interrupted. Re-check", true, "agent")]
    [InlineData("The goal is NOT yet complete (audit iteration 1).", null, "agent")]
    [InlineData("The goal is NOT yet complete (audit iteration 1).", false, "user")]
    [InlineData("The goal is NOT yet complete, is it?", true, "user")]
    public void Translate_GoalsWords_AreNotTheUsers(string text, bool? isGoalActive, string source)
    {
        if (isGoalActive is { } isActive)
        {
            _log.Add(_v1.Update("goal", $$"""{"active":{{(isActive ? "true" : "false")}},"status":"running","iteration":1}"""));
        }

        _log.Add(_v1.Message("user", text));

        var message = _log.Events.Should().ContainSingle().Subject;
        ((string?)message["action"]).Should().Be("message");
        ((string?)message["source"]).Should().Be(source);
        ((bool)message["args"]!["wait_for_response"]!).Should().BeFalse();
    }

    [Fact]
    public void Translate_UserMessageWithSkills_IsFollowedByARecall()
    {
        _log.Add(_v1.Message("user", "git",
            ",\"activated_skills\":[\"github\",\"docker\"],\"extended_content\":[{\"type\":\"text\",\"text\":\"how\"}]"));

        _log.Words.Should().Equal("message", "recall!");
        ((string?)_log.Events[1]["content"]).Should().Be("Retrieved knowledge from microagents");
        _log.Events[1]["extras"]!["microagent_knowledge"]!.ToString(Formatting.None).Should().Be(
            """[{"name":"github","trigger":"","content":"how"},{"name":"docker","trigger":"","content":""}]""");
    }

    [Fact]
    public void Translate_AgentMessageWithoutText_IsNothing()
    {
        _log.Add(_v1.Message("agent", ""));

        _log.Events.Should().BeEmpty();
    }

    [Theory]
    [InlineData("environment")]
    [InlineData("hook")]
    public void Translate_MessageOfTheFramework_IsNothing(string source)
    {
        _log.Add(_v1.Message(source, "Go on!"));

        _log.Events.Should().BeEmpty();
    }

    [Theory]
    [InlineData("Tool 'x' not found", "")]
    [InlineData("Tool call interrupted before completion.", "AGENT_ERROR$ERROR_ACTION_NOT_EXECUTED_STOPPED")]
    [InlineData("A restart occurred while this tool was in progress.", "AGENT_ERROR$ERROR_ACTION_NOT_EXECUTED_ERROR")]
    [InlineData("The service has to restart", "")]
    public void Translate_AgentError_NamesTheActionByItsCall(string text, string errorId)
    {
        _log.Add(_v1.Action("TerminalAction"), _v1.New("AgentErrorEvent", "agent", $"\"tool_call_id\":\"call-a\",\"error\":\"{text}\""));

        _log.Words.Should().Equal("run", "error!");
        ((int)_log.Events[1]["cause"]!).Should().Be(0);
        ((string?)_log.Events[1]["extras"]!["error_id"]).Should().Be(errorId);
    }

    [Fact]
    public void Translate_CallThatCannotBeExecuted_IsOnlyItsError()
    {
        _log.Add(
            _v1.New("ActionEvent", "agent", "\"tool_name\":\"t\",\"tool_call_id\":\"c\""),
            _v1.New("ActionEvent", "agent", "\"action\":null,\"tool_name\":\"t\",\"tool_call_id\":\"d\""),
            _v1.New("AgentErrorEvent", "agent", "\"tool_call_id\":\"c\",\"error\":\"bad\""));

        _log.Words.Should().Equal("error!");
        _log.Events[0]["cause"].Should().BeNull();
    }

    [Fact]
    public void Translate_Stats_GoToTheNextActionAsOneSum()
    {
        _log.Add(_v1.Update("stats", """
            {"usage_to_metrics":{"condenser":{"accumulated_cost":0.25,"accumulated_token_usage":{"model":"small","prompt_tokens":1,"context_window":9}},
            "agent":{"accumulated_cost":0.5,"max_budget_per_task":4.0,"accumulated_token_usage":{"model":"large","prompt_tokens":10,"completion_tokens":5,"per_turn_token":15}}}}
            """));
        _log.Add(_v1.Action("TerminalAction")).Release();

        _log.Events[0]["llm_metrics"]!.ToString(Formatting.None).Should().Be(
            """{"accumulated_cost":0.75,"max_budget_per_task":4.0,"accumulated_token_usage":{"model":"large","prompt_tokens":11,"completion_tokens":5,"""
            + "\"cache_read_tokens\":0,\"cache_write_tokens\":0,\"context_window\":9,\"per_turn_token\":15,\"response_id\":\"\"},"
            + "\"costs\":[],\"response_latencies\":[],\"token_usages\":[]}");
    }

    [Theory]
    [InlineData("\"summary\":\"s\",\"summary_offset\":2",
        """{"forgotten_event_ids":[0,1],"forgotten_events_start_id":null,"forgotten_events_end_id":null,"summary":"s","summary_offset":2}""")]
    [InlineData("\"summary\":\"s\"",
        """{"forgotten_event_ids":[0,1],"forgotten_events_start_id":null,"forgotten_events_end_id":null,"summary":null,"summary_offset":null}""")]
    public void Translate_Condensation_NamesV0Ids(string summary, string args)
    {
        _log.Add(_v1.Action("TerminalAction"), _v1.Observation("TerminalObservation"));

        _log.Add(_v1.New("CondensationRequest", "environment"),
            _v1.New("Condensation", "environment", $"\"forgotten_event_ids\":[\"e2\",\"a\",\"never\"],{summary}"));

        _log.Words.Should().Equal("run", "run!", "condensation_request", "condensation");
        _log.Events[3]["args"]!.ToString(Formatting.None).Should().Be(args);
        ((string?)_log.Events[3]["source"]).Should().Be("agent");
    }

    [Fact]
    public void TranslateTransient_ServerError_IsATransientMessage()
    {
        _log.AddTransient(_v1.New("ServerErrorEvent", "environment", "\"code\":\"ValidationError\",\"detail\":\"bad frame\""));

        _log.Events.Should().BeEmpty();
        _log.TransientMessages
            .Should()
            .ContainSingle().Which
            .ToString(Formatting.None)
            .Should()
            .Be("""{"error":true,"message":"bad frame"}""");
    }

    [Theory]
    [InlineData("CondensationSummaryEvent")]
    [InlineData("StreamingDeltaEvent")]
    [InlineData("HookExecutionEvent")]
    [InlineData("LLMCompletionLogEvent")]
    [InlineData("TokenEvent")]
    [InlineData("NobodyKnowsEvent")]
    [InlineData("")]
    public void Translate_KindThatV0HasNothingFor_IsNothing(string kind)
    {
        _log.Add(_v1.New(kind, "agent", "\"content\":\"x\"")).Release();

        KindTable.FindEvent(kind)?.Translate.Should().BeNull();
        _log.Events.Should().BeEmpty();
        _log.TransientMessages.Should().BeEmpty();
    }

    [Theory]
    [InlineData("last_user_message_id", "\"x\"")]
    [InlineData("agent_state", "{}")]
    [InlineData("goal", "null")]
    [InlineData("tags", "[]")]
    public void Translate_OtherUpdates_AreNothing(string key, string value)
    {
        _log.Add(_v1.Update(key, value)).Release();

        _log.Events.Should().BeEmpty();
    }

    /// <summary>Every field of every known event, one at a time, gone or of another type.</summary>
    [Theory]
    [InlineData("v1/confirm")]
    [InlineData("v1/bad-tool-calls")]
    [InlineData("v1-1.1/plan")]
    [InlineData("v1/llm-auth-error")]
    public void Translate_DamagedEvents_NeverThrows(string name)
    {
        JToken[] damages = [JValue.CreateUndefined(), JValue.CreateNull(), 7, "text", true, new JArray(1, JValue.CreateNull(), "x"),
            new JObject { ["kind"] = 1 }, 1e300];
        foreach (var v1Event in V1Recording
            .Load(name).Log
            .DistinctBy(static e => $"{e["kind"]} {e["key"]} {e["action"]?["kind"]} {e["observation"]?["kind"]}"))
        {
            foreach (var path in v1Event.Descendants().OfType<JProperty>().Select(static p => p.Path).Take(200).ToList())
            {
                foreach (var damage in damages)
                {
                    var damaged = (JObject)v1Event.DeepClone();
                    ((JProperty)damaged.SelectToken(path)!.Parent!).Value = damage;

                    var translate = Record.Exception(() => new EventTranslator(new TranslationContext()).Translate(damaged));

                    translate.Should().BeNull("{0} of {1} is {2}", path, v1Event["kind"], damage);
                }
            }
        }
    }
}
