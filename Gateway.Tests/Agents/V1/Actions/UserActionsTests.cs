using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Actions;

/// <summary>What users ask for, against a server that is slow, busy, cut off, killed or without the conversation.</summary>
public sealed class UserActionsTests : V1ActionsTest
{
    [Fact]
    public async Task Message_SlowCall_IsToldAsWaitingAndShownOnce()
    {
        var agent = await StartAsync();
        var (reached, release) = HoldMessages();

        var sending = MessageAsync(agent, "Hi");
        await reached.WaitAsync(TestLimits.Step);
        (await sending).Should().BeNull("nothing is known yet");
        await UntilStatusAsync("STATUS$WAITING_FOR_AGENT_SERVER");
        release.SetResult(true);
        await Conversation.UntilAsync(static c => c.Words.Contains("=running"));
        await UntilStatusAsync("STATUS$READY", count: 2);

        V1.Messages.Should().Equal("Hi");
        Conversation.Words.Should().Equal("=loading", "=awaiting_user_input", "message", "=running");
        Errors().Should().BeEmpty();
    }

    /// <summary>The server does what it was asked, and its answer is lost.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(502)]
    [InlineData(504)]
    public async Task Message_AnswerThatIsLost_IsAcknowledgedByItsEvent(int status)
    {
        var agent = await StartAsync();
        V1.AfterMessage = _ => Task.FromResult<int?>(status);

        (await MessageAsync(agent, "Hi")).Should().BeNull();
        await Conversation.UntilAsync(static c => c.Words.Contains("=running"));
        V1.Finish("Hello");
        await agent.UntilIdleAsync();

        V1.Messages.Should().Equal("Hi");
        Calls("/run").Should().Be(0, "it runs already");
        Errors().Should().BeEmpty();
    }

    [Fact]
    public async Task Message_ServerKilledBeforeItWasStored_IsSentAgainToTheNewOne()
    {
        var agent = await StartAsync();
        V1.BeforeMessage = _ => Task.FromResult(false);
        Server.Uptime = static () => TimeSpan.FromHours(1);

        var sending = MessageAsync(agent, "Hi");
        (await sending).Should().BeNull();
        V1.BeforeMessage = static _ => Task.FromResult(true);
        Server.Uptime = static () => TimeSpan.Zero;
        await UntilAsync(() => V1.Messages.Count > 0);
        await Conversation.UntilAsync(static c => c.Words.Contains("message"));

        V1.Messages.Should().Equal("Hi");
        Errors().Should().BeEmpty();
    }

    /// <summary>A server that is the same still may have it under way: whatever is shown, it is not sent twice.</summary>
    [Fact]
    public async Task Message_ConnectionCutAndNothingShown_IsNotSentAgainAndNotCalledAFailure()
    {
        var agent = await StartAsync();
        var calls = 0;
        V1.BeforeMessage = _ => Task.FromResult(Interlocked.Increment(ref calls) > 1);

        var sending = MessageAsync(agent, "Hi");
        await UntilAsync(() => !agent.Agent.IsBusy);

        (await sending).Should().BeNull();
        calls.Should().Be(1);
        Errors().Should().BeEmpty();
        Statuses().Should().Contain(static status => ((string?)status["message"])!.Contains("look before you send it again"));
    }

    [Fact]
    public async Task Message_ServerThatFailsAndHasIt_IsTaken()
    {
        var agent = await StartAsync();
        V1.AfterMessage = static _ => Task.FromResult<int?>(500);

        (await MessageAsync(agent, "Hi")).Should().BeNull();
        V1.Finish("Hello");
        await agent.UntilIdleAsync();

        V1.Messages.Should().Equal("Hi");
    }

    [Fact]
    public async Task Message_ServerThatIsNotThere_IsRefusedToItsSender()
    {
        var agent = await StartAsync();
        await Server.DisposeAsync();

        (await MessageAsync(agent, "Hi")).Should().Be("The agent server cannot be reached.");
    }

    [Fact]
    public async Task Message_SavedAndNotRun_IsRunWhenThereIsRoom()
    {
        var agent = await StartAsync();
        V1.IsLimited = true;

        (await MessageAsync(agent, "Hi")).Should().BeNull();
        await UntilStatusAsync("STATUS$WAITING_FOR_AGENT_SERVER");
        await UntilAsync(() => Calls("/run") >= 3);
        agent.Agent.IsBusy.Should().BeTrue();
        V1.IsLimited = false;
        await UntilAsync(() => Conversation.Words.Contains("=running"));
        await UntilAsync(() => !agent.Agent.IsBusy || Server.Status == "running");
        await UntilStatusAsync("STATUS$READY", count: 2);

        V1.Messages.Should().Equal("Hi");
        Conversation.Words.Should().Equal("=loading", "=awaiting_user_input", "message", "=running");
        Errors().Should().BeEmpty();
    }

    [Fact]
    public async Task Stop_WhileARunWaitsForItsTurn_EndsTheAsking()
    {
        var agent = await StartAsync();
        V1.IsLimited = true;
        await MessageAsync(agent, "Hi");
        await UntilStatusAsync("STATUS$WAITING_FOR_AGENT_SERVER");

        await StateAsync(agent, "stopped");
        await Conversation.UntilAsync(static c => c.Words.Contains("=stopped"));
        await UntilAsync(() => !agent.Agent.IsBusy);
        var asked = Calls("/run");
        V1.IsLimited = false;

        Calls("/run").Should().Be(asked);
        Conversation.Words.Should().NotContain("=running");
    }

    [Fact]
    public async Task Confirmation_TooManyRun_IsAskedAgain()
    {
        var agent = await StartAsync();
        await WaitForConfirmationAsync(agent);
        V1.IsLimited = true;

        await StateAsync(agent, "user_confirmed");
        await UntilStatusAsync("STATUS$WAITING_FOR_AGENT_SERVER");
        V1.IsLimited = false;
        await UntilAsync(() => Conversation.Words.Contains("=user_confirmed"));

        Errors().Should().BeEmpty();
    }

    /// <summary>Recorded in <c>v0/stop-while-waiting</c>: the action, the very state, and nothing runs.</summary>
    [Theory]
    [InlineData("user_confirmed")]
    [InlineData("user_rejected")]
    [InlineData("paused")]
    [InlineData("running")]
    public async Task ChangeOfState_AtRest_IsShownAndNothingRuns(string state)
    {
        var agent = await StartAsync();
        await MessageAsync(agent, "Hi");
        V1.Finish("Hello");
        await Conversation.UntilAsync(static c => c.Words.Count >= 6);

        await StateAsync(agent, state);
        await Conversation.UntilAsync(c => c.Words[^1] == $"={state}");

        Conversation.Words.Skip(6).Should().Equal("change_agent_state", $"={state}");
        Server.Status.Should().Be("finished");
        Calls("").Should().Be(1, "only the message was sent");
    }

    [Fact]
    public async Task Stop_AtRest_IsShown()
    {
        var agent = await StartAsync();
        await MessageAsync(agent, "Hi");
        V1.Finish("Hello");
        await Conversation.UntilAsync(static c => c.Words.Count >= 6);

        await StateAsync(agent, "stopped");
        await Conversation.UntilAsync(static c => c.Words[^1] == "=stopped");
        await StateAsync(agent, "running");
        await Conversation.UntilAsync(static c => c.Words[^1] == "=running");
        await MessageAsync(agent, "Go on");
        await UntilAsync(() => Server.Status == "running");

        Conversation.Words.Skip(6).Take(4).Should().Equal("change_agent_state", "=stopped", "change_agent_state", "=running");
        V1.Messages.Should().Equal("Hi", "Go on");
        Server.Status.Should().Be("running");
    }

    [Fact]
    public async Task Stop_WhileItRuns_ComesAfterTheUsersAction()
    {
        var agent = await StartAsync();
        await MessageAsync(agent, "Hi");
        await Conversation.UntilAsync(static c => c.Words[^1] == "=running");

        await StateAsync(agent, "stopped");
        await Conversation.UntilAsync(static c => c.Words[^1] == "=stopped");

        Conversation.Words.Skip(4).Should().Equal("change_agent_state", "=stopped");
    }

    /// <summary>A stop changes nothing while V1 waits: the action is rejected.</summary>
    [Fact]
    public async Task Stop_WhileAnActionWaits_RejectsIt()
    {
        var agent = await StartAsync();
        await WaitForConfirmationAsync(agent);

        await StateAsync(agent, "stopped");
        await UntilAsync(() => Server.Status == "idle");
        await agent.UntilIdleAsync();

        Server.Calls.Should().Contain(static call => call.Contains("\"accept\":false"));
        Calls("/interrupt").Should().Be(0);
    }

    [Fact]
    public async Task Stop_BehindSlowMessages_GoesAheadAndTheyOnlyStore()
    {
        var agent = await StartAsync();
        var (reached, release) = HoldMessages();
        var first = MessageAsync(agent, "one");
        await reached.WaitAsync(TestLimits.Step);
        await first;
        (await MessageAsync(agent, "two")).Should().BeNull();

        await StateAsync(agent, "stopped");
        await Eventually.IsTrueAsync(() => Calls("/interrupt") == 1, "the stop does not wait for the messages");
        V1.Messages.Should().BeEmpty();
        release.SetResult(true);
        await Eventually.IsTrueAsync(() => V1.Messages.Count == 2, "the messages are stored");
        await UntilAsync(() => !agent.Agent.IsBusy && Server.Status != "running");

        V1.Messages.Should().Equal("one", "two (not run)");
        Server.Status.Should().Be("paused", "what came of the first message was stopped too");
        (await MessageAsync(agent, "three")).Should().BeNull();
        V1.Messages.Last().Should().Be("three");
    }

    [Fact]
    public async Task Pause_BehindASlowMessage_HoldsItUpUntilTheResume()
    {
        var agent = await StartAsync();
        var (reached, release) = HoldMessages();
        var first = MessageAsync(agent, "one");
        await reached.WaitAsync(TestLimits.Step);
        await first;
        await MessageAsync(agent, "two");
        await StateAsync(agent, "paused");
        await Conversation.UntilAsync(static c => c.Words.Contains("=paused"));
        V1.IsLimited = true;
        release.SetResult(true);
        await Eventually.IsTrueAsync(() => V1.Messages.Count == 2, "the messages are stored");
        V1.IsLimited = false;
        await UntilAsync(() => !agent.Agent.IsBusy);

        await StateAsync(agent, "running");
        await Conversation.UntilAsync(static c => c.Words[^1] == "=running");

        Server.Status.Should().Be("running");
    }

    [Fact]
    public async Task StateThatCannotBeHandedOn_StaysAndTheRoomIsTold()
    {
        var agent = await StartAsync();
        await Server.DisposeAsync();

        await StateAsync(agent, "paused");
        await UntilAsync(() => Errors().Exists(static error => (string?)error["id"] == "STATUS$ERROR"));

        Conversation.Events.Should().Contain(static e => (string?)e["action"] == "change_agent_state");
        Errors().Single(static error => (string?)error["id"] == "STATUS$ERROR")["message"]!.ToString()
            .Should().Be("The agent server cannot be reached.");
    }

    [Fact]
    public async Task AnyAction_ConversationDeletedAtV1_SaysSoAndTheSessionCloses()
    {
        var agent = await StartAsync();
        Server.Rest.Forget(Server.ConversationId);

        var refusal = await MessageAsync(agent, "Hi");

        refusal.Should().Be("The agent server answered 404: Not Found");
        await Conversation.UntilAsync(static c => c.IsClosed);
    }

    [Fact]
    public async Task Messages_MoreThanMayWait_AreRefused()
    {
        var agent = await StartAsync();
        var (reached, release) = HoldMessages();
        var first = MessageAsync(agent, "0");
        await reached.WaitAsync(TestLimits.Step);
        var answers = new List<string?>();
        for (var i = 1; i <= 66; i++)
        {
            answers.Add(await MessageAsync(agent, $"{i}"));
        }

        release.SetResult(true);
        (await first).Should().BeNull();
        await Eventually.IsTrueAsync(() => V1.Messages.Count == 65, "those that were taken are stored");

        answers.Count(static answer => answer is not null).Should().Be(2);
        V1.Messages.Should().Equal(Enumerable.Range(0, 65).Select(static i => $"{i}"));
    }

    /// <summary>The first message is not answered, nor stored, before the test says so.</summary>
    private (Task Reached, TaskCompletionSource<bool> Release) HoldMessages()
    {
        var reached = new TaskCompletionSource();
        var release = new TaskCompletionSource<bool>();
        V1.BeforeMessage = _ =>
        {
            reached.TrySetResult();
            return release.Task;
        };
        return (reached.Task, release);
    }

    private async Task WaitForConfirmationAsync(V1AgentHarness agent)
    {
        await MessageAsync(agent, "Do it");
        V1.Act("rm -r .");
        V1.SetStatus("waiting_for_confirmation");
        await Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_confirmation"));
    }

    private static Task<string?> StateAsync(V1AgentHarness agent, string state) =>
        agent.ActAsync("change_agent_state", new JObject { ["agent_state"] = state, ["thought"] = "" });

    private int Calls(string path) => Server.Calls.Count(call => call.StartsWith(path, StringComparison.Ordinal));

    private List<JObject> Statuses() => [.. Conversation.TransientMessages.Where(static m => m["status_update"] is not null)];

    private List<JObject> Errors() =>
        [.. Conversation.TransientMessages.Where(static m => m["error"] is not null || (string?)m["type"] == "error")];

    private Task UntilStatusAsync(string id, int count = 1) =>
        UntilAsync(() => Statuses().Count(status => (string?)status["id"] == id) >= count);

    private static Task UntilAsync(Func<bool> condition) => Eventually.IsTrueAsync(condition, "it comes with time");
}
