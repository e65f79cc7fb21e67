using Gateway.Agents.V1.Calls;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Calls;

public sealed class ActionMapperTests
{
    private const string Root = "api/conversations/9beb4ee2-4290-4df3-97a2-f840ccb976b4";

    private static readonly Guid s_id = Guid.Parse("9beb4ee242904df397a2f840ccb976b4");

    [Fact]
    public void Map_MessageWithImages_IsOneUserMessageThatRuns()
    {
        var mapped = Map("""{"action":"message","args":{"content":"Look","image_urls":["data:,"],"file_urls":["/f"]}}""", "idle");

        Calls(mapped).Should().Equal(
            $$"""{{Root}}/events {"role":"user","content":[{"type":"text","text":"Look"},{"type":"image","image_urls":["data:,"]}],"run":true}""");
        mapped.StoredBySession.Should().BeFalse();
    }

    [Theory]
    [InlineData("""{"content":"","image_urls":["data:,"]}""", """[{"type":"image","image_urls":["data:,"]}]""")]
    [InlineData("""{"content":""}""", """[{"type":"text","text":""}]""")]
    public void Map_MessageWithoutText_HasNoEmptyTextUnlessThatIsAll(string args, string content)
    {
        var mapped = Map($$$"""{"action":"message","args":{{{args}}}}""", null);

        mapped.Calls[0].Body!["content"]!.ToString(Formatting.None).Should().Be(content);
    }

    [Fact]
    public void Map_MessageWhileV1WaitsForConfirmation_RejectsFirst()
    {
        var mapped = Map("""{"action":"message","args":{"content":"No"}}""", "waiting_for_confirmation");

        Calls(mapped).Should().Equal(
            $$"""{{Root}}/events/respond_to_confirmation {"accept":false,"reason":"User rejected the action."}""",
            $$"""{{Root}}/events {"role":"user","content":[{"type":"text","text":"No"}],"run":true}""");
    }

    [Theory]
    [InlineData("stopped", "running", "/interrupt ")]
    [InlineData("stopped", "waiting_for_confirmation",
        "/events/respond_to_confirmation {\"accept\":false,\"reason\":\"User rejected the action.\"}")]
    [InlineData("paused", "running", "/pause ")]
    [InlineData("running", "paused", "/run ")]
    [InlineData("user_confirmed", "waiting_for_confirmation", "/events/respond_to_confirmation {\"accept\":true}")]
    [InlineData("user_rejected", "waiting_for_confirmation",
        "/events/respond_to_confirmation {\"accept\":false,\"reason\":\"User rejected the action.\"}")]
    public void Map_ChangeOfState_IsItsCall(string state, string status, string call)
    {
        var mapped = Map($$$"""{"action":"change_agent_state","args":{"agent_state":"{{{state}}}"}}""", status);

        Calls(mapped).Should().Equal(Root + call);
        mapped.StoredBySession.Should().BeTrue();
    }

    [Fact]
    public void Map_Stop_FallsBackToPauseAndRunTakesAConflict()
    {
        var stop = Map("""{"action":"change_agent_state","args":{"agent_state":"stopped"}}""", "running");
        var run = Map("""{"action":"change_agent_state","args":{"agent_state":"running"}}""", "running");

        stop.IsStop.Should().BeTrue();
        stop.Calls[0].Fallback.Should().Be($"{Root}/pause");
        run.Calls[0].AcceptsConflict.Should().BeTrue();
    }

    [Fact]
    public void Map_UserTerminal_IsStoredFirst()
    {
        var mapped = Map("""{"action":"run","args":{"command":"ls"}}""", "idle");
        var call = ActionMapper.Terminal(JObject.Parse("""{"command":"ls","cwd":"/w"}"""));

        mapped.Should().BeEquivalentTo(new { Calls = Array.Empty<UpstreamCall>(), StoredBySession = true });
        $"{call.Path} {call.Body!.ToString(Formatting.None)}".Should().Be(
            """api/bash/execute_bash_command {"command":"ls","timeout":300,"cwd":"/w"}""");
    }

    [Theory]
    [InlineData("""{"action":"change_agent_state","args":{"agent_state":"dreaming"}}""")]
    [InlineData("""{"action":"change_agent_state"}""")]
    [InlineData("""{"action":"delegate","args":{}}""")]
    [InlineData("""{"observation":"run"}""")]
    [InlineData("{}")]
    public void Map_WhatV1CannotDo_IsRefused(string action)
    {
        var mapped = Map(action, "idle");

        mapped.Refusal.Should().NotBeNullOrEmpty();
        mapped.Calls.Should().BeEmpty();
    }

    private static MappedAction Map(string action, string? status) => ActionMapper.Map(JObject.Parse(action), s_id, status);

    private static IEnumerable<string> Calls(MappedAction mapped) =>
        mapped.Calls.Select(static call => $"{call.Path} {call.Body?.ToString(Formatting.None)}");
}
