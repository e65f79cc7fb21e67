using Gateway.Agents.Echo;
using Gateway.Conversations.Events;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.Echo;

/// <summary>What the scripted agent does, step by step, on a clock that the test moves.</summary>
public sealed class EchoAgentTests : IAsyncLifetime, IAsyncDisposable
{
    private static readonly string[] s_start = ["=loading", "system", "change_agent_state", "=awaiting_user_input"];

    private readonly EchoOptions _options = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly MemoryConversation _conversation = new("c1");
    private readonly EchoAgent _agent;

    public EchoAgentTests() => _agent = new EchoAgent(_options, _clock, NullLogger<EchoAgent>.Instance);

    public async Task InitializeAsync() => await _agent.StartAsync(_conversation, CancellationToken.None);

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public async ValueTask DisposeAsync() => await _agent.DisposeAsync().AsTask().WaitAsync(TestLimits.Step);

    [Fact]
    public async Task Message_IsAnsweredInV0sEventsWithTheirCauses()
    {
        await SayAsync("it's");
        await StepAsync(5);
        await UntilAsync("=awaiting_user_input");

        Said().Should().Equal("message", "=running", "think", "think!", "run", "run!", "message", "=awaiting_user_input");
        var events = _conversation.Events;
        events.Where(static e => e["cause"] != null)
            .Should()
            .OnlyContain(static e => (int)e["cause"]! == (int)e["id"]! - 1).And
            .HaveCount(2);
        ((string?)events.Single(static e => (string?)e["action"] == "run")["args"]!["command"]).Should().Be("echo 'it'\\''s'");
        _agent.IsBusy.Should().BeFalse();
    }

    [Fact]
    public async Task Stop_DuringACommand_EndsTheTurnAsV0Does()
    {
        await SayAsync("stop me");
        await StepAsync(3);
        await WishAsync("stopped");
        await StepAsync();
        await UntilAsync("=stopped");

        Said().Should().Equal("message", "=running", "think", "think!", "run", "change_agent_state", "error!", "=stopped");
        _conversation.Events[^2]["cause"].Should().BeEquivalentTo(new JValue(_conversation.Head - 3));
    }

    [Fact]
    public async Task Pause_ThenRunning_GoesOnWhereItStood()
    {
        await SayAsync("wait");
        await StepAsync();
        await WishAsync("paused");
        await StepAsync();
        await UntilAsync("=paused");
        await WishAsync("running");
        await StepAsync(3);
        await UntilAsync("=awaiting_user_input");

        Said().Should().Equal(
            "message", "=running", "think", "change_agent_state", "=paused", "change_agent_state", "=running", "think!", "run", "run!",
                "message", "=awaiting_user_input");
    }

    [Theory]
    [InlineData("paused")]
    [InlineData("stopped")]
    public async Task Message_WhilePausedOrStopped_MakesItRunAgain(string state)
    {
        await WishAsync(state);
        await UntilAsync($"={state}");
        await SayAsync("go on");
        await StepAsync(5);
        await UntilAsync("=awaiting_user_input");

        Said().Should().Equal(
            "change_agent_state", $"={state}", "message", "=running", "think", "think!", "run", "run!", "message", "=awaiting_user_input");
    }

    [Fact]
    public async Task Wish_ForTheStateItIsIn_SaysNothing()
    {
        await WishAsync("stopped");
        await UntilAsync("=stopped");
        await WishAsync("stopped");
        await WishAsync("running");
        await UntilAsync("=running");

        Said().Where(static word => word[0] == '=').Should().Equal("=stopped", "=running");
    }

    /// <summary>One append that fails ends the turn, and nothing else.</summary>
    [Fact]
    public async Task Message_TurnThatFails_IsToldAndTheNextOneIsAnswered()
    {
        await SayAsync("first");
        await StepAsync(2);
        await _clock.TimerSetAsync(_options.StepDelay);
        _conversation.FailOnce(new IOException("No space left."));
        _clock.Advance(_options.StepDelay);
        await _conversation.UntilAsync(static c => c.TransientMessages.Any(static m => m["error"] is not null));
        await SayAsync("second");
        await StepAsync(5);
        await UntilAsync("=awaiting_user_input");

        Said().Should().Equal(
            "message", "=running", "think", "think!", "message", "=running", "think", "think!", "run", "run!", "message",
                "=awaiting_user_input");
        _agent.IsBusy.Should().BeFalse();
    }

    /// <summary>An agent that could not say that it starts works all the same.</summary>
    [Fact]
    public async Task Start_TheStoreFails_WhatIsAskedAfterwardsIsDone()
    {
        var conversation = new MemoryConversation("c2");
        await using var agent = new EchoAgent(_options, _clock, NullLogger<EchoAgent>.Instance);
        conversation.FailOnce(new IOException("No space left."));
        var start = () => agent.StartAsync(conversation, CancellationToken.None).AsTask();
        await start.Should().ThrowAsync<IOException>();

        var message = new JObject { ["action"] = "message", ["args"] = new JObject { ["content"] = "hello" } };
        var id = await conversation.AppendAsync(message, EventSource.User, CancellationToken.None);
        await agent.OnStoredAsync(conversation.Stored(id), CancellationToken.None);
        await StepAsync(5);
        await conversation.UntilAsync(static conversation => conversation.Words[^1] == "=awaiting_user_input");

        conversation.Words.Should().Equal("message", "=running", "think", "think!", "run", "run!", "message", "=awaiting_user_input");
    }

    [Fact]
    public async Task Message_TooManyWait_IsRefusedAndTheOthersKept()
    {
        await SayAsync("first");
        await _clock.TimerSetAsync(_options.StepDelay);
        var taken = 0;
        while (taken < 1_000 && await SayAsync("again"))
        {
            taken++;
        }

        taken.Should().BeInRange(1, 999);
        _agent.IsBusy.Should().BeTrue();
        await WishAsync("stopped");
        await StepAsync();
        await UntilAsync("=stopped");
        await SayAsync("after");
        await StepAsync(5);
        await UntilAsync("=awaiting_user_input");
    }

    private IEnumerable<string> Said()
    {
        var words = _conversation.Words;
        words.Take(s_start.Length).Should().Equal(s_start);
        return words.Skip(s_start.Length);
    }

    private Task<bool> SayAsync(string text) => ActAsync("message", new JObject { ["content"] = text });

    private Task<bool> WishAsync(string state) => ActAsync("change_agent_state", new JObject { ["agent_state"] = state });

    private async Task<bool> ActAsync(string action, JObject args)
    {
        var id = await _conversation
            .AppendAsync(new JObject { ["action"] = action, ["args"] = args }, EventSource.User, CancellationToken.None);
        return await _agent.OnStoredAsync(_conversation.Stored(id), CancellationToken.None);
    }

    /// <summary>Lets the agent take its next steps, once it waits for them.</summary>
    private async Task StepAsync(int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            await _clock.TimerSetAsync(_options.StepDelay);
            _clock.Advance(_options.StepDelay);
        }
    }

    private Task UntilAsync(string last) =>
        _conversation.UntilAsync(conversation => conversation.Head >= s_start.Length && conversation.Words[^1] == last);
}
