using Gateway.Agents.V1.Calls;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Calls;

public sealed class ActionMapperTests
{
    private const string Root = "api/conversations/9beb4ee2-4290-4df3-97a2-f840ccb976b4";

    private readonly ActionMapper _mapper = new(Guid.Parse("9beb4ee242904df397a2f840ccb976b4"));

    [Theory]
    [InlineData("""{"content":"Look","image_urls":["data:,"],"file_urls":["/f"]}""",
        """[{"type":"text","text":"Look"},{"type":"image","image_urls":["data:,"]}]""")]
    [InlineData("""{"content":"","image_urls":["data:,"]}""", """[{"type":"image","image_urls":["data:,"]}]""")]
    [InlineData("""{"content":""}""", """[{"type":"text","text":""}]""")]
    public void Message_Arguments_AreOneUserMessage(string args, string content)
    {
        var call = _mapper.Message(ActionMapper.Content(JObject.Parse(args)), run: true);

        Line(call).Should().Be($$"""{{Root}}/events {"role":"user","content":{{content}},"run":true}""");
    }

    [Fact]
    public void Calls_OfEachKind_HaveTheirRoutes()
    {
        Line(_mapper.Run).Should().Be($"{Root}/run ");
        Line(_mapper.Pause).Should().Be($"{Root}/pause ");
        Line(_mapper.Interrupt).Should().Be($"{Root}/interrupt ");
        Line(_mapper.Confirm).Should().Be($$"""{{Root}}/events/respond_to_confirmation {"accept":true}""");
        Line(_mapper.Reject).Should()
            .Be($$"""{{Root}}/events/respond_to_confirmation {"accept":false,"reason":"User rejected the action."}""");
        _mapper.Interrupt.Fallback.Should().Be($"{Root}/pause");
        _mapper.Run.AcceptsConflict.Should().BeTrue();
    }

    /// <summary>What V0 does with each state in each of V1's: a call of V1's, or the state alone.</summary>
    [Theory]
    [InlineData("paused", "running", "running", "pause")]
    [InlineData("paused", "idle", "awaiting_user_input", "=paused")]
    [InlineData("paused", "finished", "finished", "=paused")]
    [InlineData("paused", "waiting_for_confirmation", "awaiting_user_confirmation", "=paused")]
    [InlineData("running", "paused", "paused", "run")]
    [InlineData("running", "paused", "stopped", "=running")]
    [InlineData("running", "paused", "user_confirmed", "=running")]
    [InlineData("running", "paused", "running", "=running")]
    [InlineData("running", "paused", null, "run")]
    [InlineData("running", "running", "running", "")]
    [InlineData("running", "idle", "awaiting_user_input", "=running")]
    [InlineData("running", "finished", "stopped", "=running")]
    [InlineData("running", "error", "error", "=running")]
    [InlineData("running", "waiting_for_confirmation", "awaiting_user_confirmation", "=running")]
    [InlineData("user_confirmed", "waiting_for_confirmation", "awaiting_user_confirmation", "respond_to_confirmation")]
    [InlineData("user_confirmed", "idle", "stopped", "=user_confirmed")]
    [InlineData("user_confirmed", "running", "running", "=user_confirmed")]
    [InlineData("user_rejected", "waiting_for_confirmation", "awaiting_user_confirmation", "respond_to_confirmation")]
    [InlineData("user_rejected", "finished", "awaiting_user_input", "=user_rejected")]
    public void Change_StateInAStatus_IsACallOrTheStateAlone(string state, string status, string? shown, string expected)
    {
        var change = _mapper.Change(state, status, shown, isHeld: false);

        (change.Call?.Path.Split('/')[^1] ?? (change.ShownState is { } own ? $"={own}" : "")).Should().Be(expected);
    }

    [Fact]
    public void Change_ResumeOfWhatAPauseHeldUp_Runs() =>
        _mapper.Change("running", "idle", "paused", isHeld: true).Call.Should().Be(_mapper.Run);

    [Theory]
    [InlineData("""{"action":"change_agent_state","args":{"agent_state":"dreaming\n"}}""")]
    [InlineData("""{"action":"change_agent_state"}""")]
    [InlineData("""{"action":"delegate","args":{}}""")]
    [InlineData("""{"observation":"run"}""")]
    [InlineData("{}")]
    public void FindRefusal_WhatV1CannotDo_IsASentenceInOneLine(string action) =>
        ActionMapper.FindRefusal(JObject.Parse(action)).Should().NotBeNullOrEmpty().And.NotContain("\n");

    [Theory]
    [InlineData("""{"action":"run","args":{"command":"ls"}}""")]
    [InlineData("""{"action":"message","args":{"content":"Hi"}}""")]
    [InlineData("""{"action":"change_agent_state","args":{"agent_state":"stopped"}}""")]
    public void FindRefusal_WhatV1CanDo_IsNone(string action) => ActionMapper.FindRefusal(JObject.Parse(action)).Should().BeNull();

    private static string Line(UpstreamCall call) => $"{call.Path} {call.Body?.ToString(Formatting.None)}";
}
