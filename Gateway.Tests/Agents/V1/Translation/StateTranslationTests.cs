using Gateway.Agents.V1.Translation;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Translation;

/// <summary>V1's status as V0's states, and the orders that V0's clients rely on.</summary>
public sealed class StateTranslationTests
{
    private readonly V1Event _v1 = new();
    private readonly TranslatedLog _log = new();

    [Theory]
    [InlineData("idle", "awaiting_user_input")]
    [InlineData("running", "running")]
    [InlineData("paused", "paused")]
    [InlineData("waiting_for_confirmation", "awaiting_user_confirmation")]
    [InlineData("finished", "finished")]
    [InlineData("error", "error")]
    [InlineData("stuck", "error")]
    [InlineData("deleting", "stopped")]
    public void Translate_Status_IsV0sState(string status, string state)
    {
        _log.Add(_v1.Status(status)).Release();

        _log.Words.Should().Equal($"={state}");
    }

    [Fact]
    public void Translate_StatusOfALaterServer_IsNothing()
    {
        _log.Add(_v1.Status("dreaming")).Release();

        _log.Events.Should().BeEmpty();
    }

    [Fact]
    public void Translate_Stuck_HasV0sReason()
    {
        _log.Add(_v1.Status("stuck"));

        ((string?)_log.Events[0]["extras"]!["reason"]).Should().Be("AgentStuckInLoopError: Agent got stuck in a loop");
    }

    [Fact]
    public void Translate_FinishedIdleRunning_ShowsNoIdle()
    {
        _log.Add(
            _v1.Status("running"), _v1.Action("FinishAction", "\"message\":\"m\""), _v1.Observation("FinishObservation"),
                _v1.Status("finished"),
            _v1.Status("idle"), _v1.Message("user", "more"), _v1.Status("running"));

        _log.Words.Should().Equal("=running", "finish", "=finished", "message", "=running");
    }

    [Fact]
    public void Translate_IdleThatStays_IsShownWhenTimeHasPassed()
    {
        _log.Add(_v1.Status("running"), _v1.Status("idle"), _v1.Later().Message("user", "more"), _v1.Status("running"));

        _log.Words.Should().Equal("=running", "=awaiting_user_input", "message", "=running");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Translate_PlainAnswer_WaitsForTheUser(bool isOldServer)
    {
        var answer = _v1.Message("agent", "Hello");
        var finished = _v1.Status("finished");
        _log.Add(_v1.Status("running"));

        _log.Add(isOldServer ? [finished, answer] : [answer, finished]);

        _log.Words.Should().Equal("=running", "message", "=awaiting_user_input");
        ((bool)_log.Events[1]["args"]!["wait_for_response"]!).Should().BeTrue();
    }

    [Theory]
    [InlineData("auth", "X", "STATUS$ERROR_LLM_AUTHENTICATION")]
    [InlineData("quota", "X", "STATUS$ERROR_LLM_OUT_OF_CREDITS")]
    [InlineData("rate_limit", "X", "CHAT_INTERFACE$AGENT_RATE_LIMITED_STOPPED_MESSAGE")]
    [InlineData("transient", "X", "STATUS$ERROR_LLM_SERVICE_UNAVAILABLE")]
    [InlineData("unknown", "LLMContentPolicyViolationError", "STATUS$ERROR_LLM_CONTENT_POLICY_VIOLATION")]
    [InlineData("unknown", "MaxIterationsReached", "RuntimeError: Agent reached maximum iteration. detail")]
    [InlineData("unknown", "MaxBudgetReached", "RuntimeError: Agent reached maximum budget for conversation. detail")]
    [InlineData(null, "AuthenticationError", "STATUS$ERROR_LLM_AUTHENTICATION")]
    [InlineData("internal", "Boom", "Boom: detail")]
    public void Translate_ConversationError_FillsTheReasonOfTheError(string? classification, string code, string reason)
    {
        var fields = classification is null ? "" : $$""","classification":{"kind":"{{classification}}"}""";

        _log.Add(_v1.Status("running"), _v1.Status("error"),
            _v1.New("ConversationErrorEvent", "environment", $"\"code\":\"{code}\",\"detail\":\"detail\"{fields}"));

        _log.Words.Should().Equal("=running", "=error");
        ((string?)_log.Events[1]["extras"]!["reason"]).Should().Be(reason);
        var transientMessage = _log.TransientMessages.Should().ContainSingle().Subject;
        ((string?)transientMessage["type"]).Should().Be("error");
        ((string?)transientMessage["message"]).Should().Be(reason);
    }

    [Fact]
    public void Translate_ActionsThenWaiting_ShowsTheStateFirst()
    {
        _log.Add(_v1.Action("TerminalAction", id: "a"), _v1.Action("FileEditorAction", "\"command\":\"view\"", "b"),
            _v1.Status("waiting_for_confirmation"));

        _log.Words.Should().Equal("=awaiting_user_confirmation", "run", "read");
        _log.Events.Skip(1).Should().OnlyContain(static e => (string?)e["args"]!["confirmation_state"] == "awaiting_confirmation");
    }

    [Fact]
    public void Translate_WaitingAfterTheActionsWereShown_ShowsThemAgain()
    {
        _log.Add(_v1.Action("TerminalAction", id: "a")).Release().Add(_v1.Status("waiting_for_confirmation"));

        _log.Words.Should().Equal("run", "=awaiting_user_confirmation", "run");
        ((string?)_log.Events[2]["args"]!["confirmation_state"]).Should().Be("awaiting_confirmation");
    }

    [Fact]
    public void Translate_Accept_ShowsTheActionAgainAndRunningAfterItsObservation()
    {
        _log.Add(
            _v1.Action("TerminalAction", "\"command\":\"c\"", thought: "why"), _v1.Status("waiting_for_confirmation"),
                _v1.Status("running"),
            _v1.Observation("TerminalObservation"));

        _log.Words.Should().Equal("=awaiting_user_confirmation", "run", "run", "=user_confirmed", "run!", "=running");
        ((string?)_log.Events[2]["args"]!["confirmation_state"]).Should().Be("confirmed");
        ((string?)_log.Events[2]["args"]!["thought"]).Should().BeEmpty();
        ((int)_log.Events[4]["cause"]!).Should().Be(2);
    }

    [Theory]
    [InlineData("User rejected the action.", "Action has been rejected by the user! Waiting for further user input.")]
    [InlineData("Not so", "Action has been rejected by the user! Waiting for further user input. Not so")]
    public void Translate_Reject_HoldsForAllThatWait(string reason, string content)
    {
        JObject Rejection(string id) => _v1.New("UserRejectObservation", "environment",
            $"\"tool_call_id\":\"call-{id}\",\"action_id\":\"{id}\",\"rejection_reason\":\"{reason}\",\"rejection_source\":\"user\"");

        _log.Add(
            _v1.Action("TerminalAction", id: "a"), _v1.Action("TerminalAction", id: "b"), _v1.Status("waiting_for_confirmation"),
            _v1.Status("idle"), Rejection("a"), Rejection("b"));

        _log.Words.Should().Equal(
            "=awaiting_user_confirmation", "run", "run", "run", "run", "=user_rejected", "user_rejected!", "user_rejected!",
                "=awaiting_user_input");
        ((int)_log.Events[6]["cause"]!).Should().Be(3);
        ((int)_log.Events[7]["cause"]!).Should().Be(4);
        ((string?)_log.Events[6]["content"]).Should().Be(content);
    }

    [Fact]
    public void Translate_RejectedByAHook_IsAnError()
    {
        _log.Add(_v1.Action("TerminalAction"), _v1.New("UserRejectObservation", "environment",
            "\"action_id\":\"a\",\"rejection_reason\":\"policy\",\"rejection_source\":\"hook\""));

        _log.Words.Should().Equal("run", "error!");
        ((string?)_log.Events[1]["content"]).Should().Be("policy");
    }

    [Fact]
    public void Translate_Interrupt_ClosesWhatIsUnderWay()
    {
        _log.Add(_v1.Status("running"), _v1.Action("TerminalAction"), _v1.Status("paused"), _v1.New("InterruptEvent", "user"));

        _log.Words.Should().Equal("=running", "run", "error!", "=stopped");
        ((int)_log.Events[2]["cause"]!).Should().Be(1);
        ((string?)_log.Events[2]["content"]).Should().Be("Stop button pressed. The action has not been executed.");
        ((string?)_log.Events[2]["extras"]!["error_id"]).Should().Be("AGENT_ERROR$ERROR_ACTION_NOT_EXECUTED_STOPPED");
    }

    [Fact]
    public void Translate_PauseThatWasAskedForAsAStop_IsStopped()
    {
        _log.Add(_v1.Status("running"));
        _log.Translator.Context.StopRequested = true;

        _log.Add(_v1.Status("paused"), _v1.New("PauseEvent", "user"), _v1.Status("running"), _v1.Status("paused"),
            _v1.New("PauseEvent", "user"));

        _log.Words.Should().Equal("=running", "=stopped", "=running", "=paused");
    }

    [Theory]
    [InlineData("NeverConfirm", 0)]
    [InlineData("AlwaysConfirm", 1000)]
    [InlineData("ConfirmRisky", 1000)]
    [InlineData(null, 1000)]
    public void ReleaseAfter_HeldAction_DependsOnThePolicy(string? policy, int milliseconds)
    {
        var log = new TranslatedLog(policy).Add(_v1.Action("TerminalAction"));

        log.Translator.ReleaseAfter.Should().Be(TimeSpan.FromMilliseconds(milliseconds));
        log.Release().Translator.ReleaseAfter.Should().BeNull();
    }

    [Fact]
    public void TranslateTransient_FullState_TellsThePolicyAndAStateThatTheLogDoesNotHave()
    {
        var log = new TranslatedLog(null)
            .AddTransient(_v1.Update("full_state", """{"execution_status":"idle","confirmation_policy":{"kind":"NeverConfirm"}}"""));

        log.Translator.Context.MayNeedConfirmation.Should().BeFalse();
        log.Events.Should().BeEmpty();
        log.Release().Words.Should().Equal("=awaiting_user_input");
    }

    [Fact]
    public void TranslateTransient_StateThatTheLogHas_IsNothing()
    {
        _log.Add(_v1.Status("running")).AddTransient(_v1.Update("full_state", """{"execution_status":"running"}""")).Release();

        _log.Words.Should().Equal("=running");
        _log.Translator.ReleaseAfter.Should().BeNull();
    }

    [Fact]
    public void Translate_ManyActionsWithoutEnd_AreForgottenOldestFirst()
    {
        for (var i = 0; i < (TranslationContext.MaxOpenActions * 2) + 10; i++)
        {
            _log.Add(_v1.Action("TerminalAction", id: $"a{i}")).Release();
        }

        _log.Translator.Context.Open.Should().HaveCount(TranslationContext.MaxOpenActions);
    }
}
