using Gateway.Conversations;
using Gateway.Conversations.Connect;
using Gateway.Conversations.Events;
using Gateway.Conversations.Runtime;
using Gateway.EngineIO;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Runtime;

/// <summary>When a session ends, what its clients are told, and that the conversation can be opened again.</summary>
public sealed class ClosingTests
{
    /// <summary>What a closing session gives its clients to hear of it, and its agent to end.</summary>
    private static readonly TimeSpan s_drainLimit = TimeSpan.FromSeconds(5);

    /// <summary>What a socket that the server disconnects has to take its DISCONNECT.</summary>
    private static readonly TimeSpan s_flushGrace = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Idle_NobodyForTheCloseDelay_Closes()
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();
        client.Drop();
        await LeftAsync(rig);

        await rig.CloseAsIdleAsync();
        rig.Agent.DisposeCount.Should().Be(1);
    }

    [Fact]
    public async Task Shutdown_ActionThatComesTooLate_IsAnsweredAndIsNoError()
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();
        await rig.Registry.CloseAll().LogsClosed.WaitAsync(TestLimits.Step);

        await client.ActAsync("""{"action":"message","args":{"content":"late"}}""", ack: 1);

        (await client.ReadAsync()).Should().Be("error: The action could not be stored; please send it again.");
        (await client.ReadAsync()).Should().StartWith("ACK 1[{\"error\":");
        rig.IsStored(0).Should().BeFalse();
    }

    [Fact]
    public async Task Idle_SomebodyThere_StaysOpen()
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();

        rig.Clock.Advance(10 * s_hour);
        await AppendAsync(rig);

        (await client.ReadAsync()).Should().Be("0");
    }

    [Fact]
    public async Task Idle_BackendIsBusy_ClosesOnlyWhenItIsDone()
    {
        await using var rig = new ConversationRig();
        rig.Agent.IsBusy = true;
        var client = await rig.JoinAsync();
        client.Drop();
        await LeftAsync(rig);

        var session = rig.Registry.FindOpen(ConversationRig.Key("c1"));
        rig.Clock.Advance(5 * s_hour);

        // The session has looked at the clock before it appends.
        await AppendAsync(rig);
        session!.TryAcquire().Should().BeTrue("a busy session is not closed");
        session.Release();
        rig.Agent.IsBusy = false;
        rig.Clock.Advance(2 * s_hour);

        await rig.Log.WaitForAsync("Conversation c1 closed: idle");
    }

    [Fact]
    public async Task Idle_SomebodyConnects_StaysOpen()
    {
        await using var rig = new ConversationRig();
        await rig.StoreMessagesAsync(60);
        var client = await rig.ConnectAsync(reads: false);
        await client.IsWaitedFor;

        rig.Clock.Advance(5 * s_hour);
        await AppendAsync(rig);
        client.StartReading();

        (await client.ReadThroughAsync("60")).Should().HaveCount(62);
    }

    [Fact]
    public async Task Idle_SomebodyWasRefusedInTheMiddle_ClosesAllTheSame()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("The conversation's events cannot be read");
        await rig.StoreMessagesAsync(1);
        rig.Store.BeforeRead = static (_, _) => throw new IOException();
        var client = await rig.ConnectAsync();
        (await client.ReadAsync()).Should().StartWith("REFUSED");

        await rig.CloseAsIdleAsync();
    }

    [Fact]
    public async Task Idle_OpeningTakesLongerThanTheCloseDelay_TheClientIsLetIn()
    {
        await using var rig = new ConversationRig(static options => options.CloseDelay = TimeSpan.FromSeconds(1));
        var opening = Signal();
        rig.Agent.OnOpen = async (_, _) =>
        {
            await opening.Task;
            return BackendOpening.Ready;
        };
        var client = await rig.ConnectAsync();
        var conversation = await rig.Agent.Opened;

        rig.Clock.Advance(TimeSpan.FromSeconds(5));
        await conversation.AppendAsync(Drafts.Message("history"), EventSource.Agent, CancellationToken.None);
        opening.SetResult();

        (await client.ReadThroughAsync("CONNECT")).Should().Equal("0", "CONNECT");
    }

    [Fact]
    public async Task Limit_OneMoreThanAllowed_ClosesTheOldestAndTellsItsRoom()
    {
        await using var rig = new ConversationRig(static options => options.MaxConcurrentConversations = 2);
        var oldest = await rig.JoinAsync("c1");
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await rig.JoinAsync("c2");
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        var third = await rig.JoinAsync("c3");

        (await oldest.ReadThroughAsync("DISCONNECT"))
            .Should()
            .Equal(TransientMessages.TooManyConversations, "state: stopped", "DISCONNECT");
        await rig.Log.WaitForAsync("Conversation c1 closed: too_many_conversations");
        await second.ActAsync("""{"action":"message","args":{"content":"x"}}""");
        await third.ActAsync("""{"action":"message","args":{"content":"x"}}""");
        (await second.ReadAsync()).Should().Be("0");
        (await third.ReadAsync()).Should().Be("0");
    }

    [Fact]
    public async Task Limit_OldestWasUsedSince_ClosesTheOneUsedLeastRecently()
    {
        await using var rig = new ConversationRig(static options => options.MaxConcurrentConversations = 2);
        var first = await rig.JoinAsync("c1");
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        await rig.JoinAsync("c2");
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        await first.ActAsync("""{"action":"message","args":{"content":"x"}}""", ack: 1);
        await first.ReadThroughAsync("ACK 1[]");

        await rig.JoinAsync("c3");

        await rig.Log.WaitForAsync("Conversation c2 closed: too_many_conversations");
    }

    [Fact]
    public async Task Limit_SeveralOpenAtOnce_NoMoreThanAllowedStay()
    {
        await using var rig = new ConversationRig(static options => options.MaxConcurrentConversations = 1);
        var opening = Signal();
        var both = new CountdownEvent(2);
        rig.Agent.OnOpen = async (_, _) =>
        {
            both.Signal();
            await opening.Task;
            return BackendOpening.Ready;
        };
        await rig.ConnectAsync("c1");
        await rig.ConnectAsync("c2");
        both.Wait(TestLimits.Step).Should().BeTrue();

        opening.SetResult();

        await rig.Log.WaitForAsync("closed: too_many_conversations");
        both.Dispose();
    }

    [Fact]
    public async Task Limit_TheNewOneIsRefusedByItsBackend_NobodyIsClosedForIt()
    {
        await using var rig = new ConversationRig(static options => options.MaxConcurrentConversations = 1);
        var client = await rig.JoinAsync("c1");
        rig.Agent.OnOpen = static (_, _) => new(BackendOpening.Refused(ConnectRefusals.JoinFailed));

        var refused = await rig.ConnectAsync("c2");
        (await refused.ReadAsync()).Should().StartWith("REFUSED");
        await rig.Log.WaitForAsync("Conversation c2 closed: refused");
        await client.ActAsync("""{"action":"message","args":{"content":"x"}}""");

        (await client.ReadAsync()).Should().Be("0");
    }

    [Fact]
    public async Task Close_AClientThatDoesNotRead_IsGivenALimitedTime()
    {
        await using var rig = new ConversationRig(static options => options.MaxConcurrentConversations = 1);
        var stalled = await rig.JoinAsync("c1");
        var other = await rig.JoinAsync("c1");
        stalled.StopReading();
        rig.Clock.Advance(TimeSpan.FromSeconds(1));

        await rig.JoinAsync("c2");
        await other.ReadThroughAsync("DISCONNECT");
        await stalled.IsWaitedFor;
        await rig.Clock.TimerSetAsync(s_drainLimit);
        rig.Clock.Advance(s_drainLimit);
        await rig.Log.WaitForAsync("Conversation c1 closed: too_many_conversations");
        await rig.Clock.TimerSetAsync(s_flushGrace);
        rig.Clock.Advance(s_flushGrace);

        (await stalled.Ended).Should().Be(CloseReason.ServerClosed, "it makes no place for a DISCONNECT either");
    }

    [Fact]
    public async Task Close_EventsJustBefore_ComeBeforeTheEnd()
    {
        await using var rig = new ConversationRig(static options => options.MaxConcurrentConversations = 1);
        var client = await rig.JoinAsync("c1");
        client.StopReading();
        for (var n = 0; n < 100; n++)
        {
            await AppendAsync(rig);
        }

        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        await rig.JoinAsync("c2");
        client.StartReading();

        (await client.ReadThroughAsync("DISCONNECT")).Should().Equal([
            .. Enumerable.Range(0, 100).Select(static id => $"{id}"), TransientMessages.TooManyConversations, "state: stopped",
                "DISCONNECT"]);
    }

    [Fact]
    public async Task Connect_SessionIsClosing_WaitsAndOpensItAnew()
    {
        await using var rig = new ConversationRig(static options => options.MaxConcurrentConversations = 1);
        var stalled = await rig.JoinAsync("c1");
        var leaver = await rig.JoinAsync("c1");
        await AppendAsync(rig);
        (await leaver.ReadAsync()).Should().Be("0");
        stalled.StopReading();
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        await rig.JoinAsync("c2");
        await leaver.ReadThroughAsync("DISCONNECT");
        await rig.Log.WaitForAsync("Left namespace /: server_disconnect");

        // One member of the closing session has gone, another keeps it from its end.
        var again = await rig.ConnectAsync("c1");
        await rig.Clock.TimerSetAsync(s_drainLimit);
        rig.Clock.Advance(s_drainLimit);
        await rig.Log.WaitForAsync("Conversation c1 closed: too_many_conversations");
        (await again.ReadThroughAsync("CONNECT")).Should().Equal("0", "CONNECT");

        await again.ActAsync("""{"action":"message","args":{"content":"x"}}""", ack: 1);
        (await again.ReadThroughAsync("1")).Should().NotContain(static text => text.StartsWith("error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Close_SomebodyIsConnecting_IsNotLeftWithoutASession()
    {
        await using var rig = new ConversationRig(static options => options.MaxConcurrentConversations = 1);
        await rig.StoreMessagesAsync(60);
        var client = await rig.ConnectAsync("c1", reads: false);
        await client.IsWaitedFor;
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        await rig.JoinAsync("c2");
        await rig.Log.WaitForAsync("Conversation c1 closed: too_many_conversations");

        client.StartReading();

        (await client.ReadThroughAsync("DISCONNECT")).Should().HaveCount(62).And.Contain("CONNECT");
    }

    [Fact]
    public async Task CloseAll_SessionsOpenAndOpening_EndAndNoneOpensAfterwards()
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync("c1");
        var opening = Signal();
        rig.Agent.OnOpen = async (_, _) =>
        {
            await opening.Task;
            return BackendOpening.Ready;
        };
        await rig.ConnectAsync("c2");
        await rig.Log.WaitForAsync("Conversation c2 opened");

        var closing = rig.Registry.CloseAll().Ended;
        opening.SetResult();
        await closing.WaitAsync(TestLimits.Step);

        await rig.Log.WaitForAsync("Conversation c1 closed: server_shutdown");
        await rig.Log.WaitForAsync("Conversation c2 closed: server_shutdown");
        rig.Agent.DisposeCount.Should().Be(2);
        var refused = await rig.ConnectAsync("c3");
        (await refused.ReadAsync()).Should().Be($"REFUSED {ConnectRefusals.Draining}");
        client.MessageCount.Should().Be(1);
    }

    [Fact]
    public async Task CloseAll_ActionsAccepted_AreStored()
    {
        await using var rig = new ConversationRig();
        await rig.JoinAsync();
        var conversation = await rig.Agent.Started;
        var appends = Enumerable.Range(0, 100)
            .Select(_ => conversation.AppendAsync(Drafts.Message("x"), EventSource.User, CancellationToken.None).AsTask()).ToList();

        await rig.Registry.CloseAll().Ended.WaitAsync(TestLimits.Step);

        (await Task.WhenAll(appends).WaitAsync(TestLimits.Step)).Should().BeEquivalentTo(Enumerable.Range(0, 100));
        rig.IsStored(99).Should().BeTrue();
        var late = async () => await conversation.AppendAsync(Drafts.Message("x"), EventSource.User, CancellationToken.None);
        await late.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task CloseAll_BackendDoesNotEnd_IsGivenALimitedTime()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("the agent did not end");
        var never = Signal();
        rig.Agent.OnDispose = async () => await never.Task;
        await rig.JoinAsync();

        var closing = rig.Registry.CloseAll().Ended;

        await rig.Clock.TimerSetAsync(s_drainLimit);
        rig.Clock.Advance(TimeSpan.FromSeconds(10));
        await closing.WaitAsync(TestLimits.Step);
        await rig.Log.WaitForAsync("the agent did not end");
    }

    private static async Task AppendAsync(ConversationRig rig)
    {
        var conversation = await rig.Agent.Started;
        await conversation.AppendAsync(Drafts.Message("x"), EventSource.Agent, CancellationToken.None);
    }

    /// <summary>The socket's handler has heard that it left, and so the session has.</summary>
    private static Task LeftAsync(ConversationRig rig) => rig.Log.WaitForAsync("Left namespace /");

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
