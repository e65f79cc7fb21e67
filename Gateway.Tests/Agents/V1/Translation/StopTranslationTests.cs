using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Translation;

/// <summary>A stop while actions wait is V1's rejection, and V0's stop: as <c>v0/stop-while-waiting</c> shows it.</summary>
public sealed class StopTranslationTests
{
    private readonly V1Event _v1 = new();
    private readonly TranslatedLog _log = new();

    [Fact]
    public void Translate_RejectionAfterAStop_IsV0sErrorAndStopped()
    {
        _log.Add(_v1.Status("running"), _v1.Action("TerminalAction", id: "a"), _v1.Status("waiting_for_confirmation"));
        _log.Translator.Context.StopRequested = true;

        _log.Add(_v1.Status("idle"), Rejection("a"));

        _log.Words.Should().Equal("=running", "=awaiting_user_confirmation", "run", "error!", "=stopped");
        var error = _log.Events[3];
        error["cause"]!.Value<int>().Should().Be(2);
        error["content"]!.Value<string>().Should().Be("Stop button pressed. The action has not been executed.");
        error["extras"].Text("error_id").Should().Be("AGENT_ERROR$ERROR_ACTION_NOT_EXECUTED_STOPPED");
    }

    [Fact]
    public void Translate_RejectionsAfterAStop_EachEndsItsAction()
    {
        _log.Add(_v1.Action("TerminalAction", id: "a"), _v1.Action("TerminalAction", id: "b"), _v1.Status("waiting_for_confirmation"));
        _log.Translator.Context.StopRequested = true;

        _log.Add(_v1.Status("idle"), Rejection("a"), Rejection("b"));

        _log.Words.Should().Equal("=awaiting_user_confirmation", "run", "run", "error!", "error!", "=stopped");
        _log.Events.Skip(3).Take(2).Select(static e => e["cause"]!.Value<int>()).Should().Equal(1, 2);
        _log.Translator.Context.Open.Should().BeEmpty();
    }

    /// <summary>The next turn is none of the stop's.</summary>
    [Fact]
    public void Translate_TurnAfterAStop_IsAsAlways()
    {
        _log.Add(_v1.Action("TerminalAction", id: "a"), _v1.Status("waiting_for_confirmation"));
        _log.Translator.Context.StopRequested = true;
        _log.Add(_v1.Status("idle"), Rejection("a"));

        _log.Add(
            _v1.Message("user", "Go on"), _v1.Status("running"), _v1.Action("TerminalAction", id: "b"),
            _v1.Status("waiting_for_confirmation"), _v1.Status("idle"), Rejection("b"));

        _log.Words.Skip(4).Should().Equal(
            "message", "=running", "=awaiting_user_confirmation", "run", "run", "=user_rejected", "user_rejected!", "=awaiting_user_input");
    }

    /// <summary>A stop at rest is no business of V1's; the idle of a later turn must not be taken for it.</summary>
    [Fact]
    public void Translate_IdleAfterAStopAtRest_IsNotStopped()
    {
        _log.Add(_v1.Status("running"), _v1.Message("agent", "Done"), _v1.Status("finished"));
        _log.Translator.Context.StopRequested = true;

        _log.Add(_v1.Status("idle"), _v1.Later().Message("user", "More"));

        _log.Words.Should().Equal("=running", "message", "=awaiting_user_input", "message");
    }

    private JObject Rejection(string id) => _v1.New("UserRejectObservation", "environment",
        $"\"action_id\":\"{id}\",\"rejection_reason\":\"User rejected the action.\",\"rejection_source\":\"user\"");
}
