using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Runtime;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Runtime;

/// <summary>V0's <c>client_wait_timeout</c>, and the place of what has no id among what has.</summary>
public sealed class FirstClientWaitTests
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Notify_NobodyThereYet_WaitsForTheFirstClientAndComesAfterItsAnswer()
    {
        await using var rig = new ConversationRig();
        var conversation = await OpenAsync(rig);
        await conversation.NotifyAsync(Drafts.Status("one"), CancellationToken.None);
        await AppendAsync(conversation);
        await conversation.NotifyAsync(Drafts.Status("two"), CancellationToken.None);
        await AppendAsync(conversation);
        rig.Clock.Advance(s_timeout - TimeSpan.FromSeconds(1));

        var first = await rig.JoinAsync();
        var second = await rig.JoinAsync();
        await conversation.NotifyAsync(Drafts.Status("three"), CancellationToken.None);

        (await first.ReadThroughAsync("three")).Should().Equal("one", "two", "three");
        (await second.ReadAsync()).Should().Be("three");
    }

    [Fact]
    public void TryHold_MoreThanMayWait_KeepsTheNewest()
    {
        var wait = new FirstClientWait(s_timeout, limit: 3, new FakeTimeProvider(), static () => { });
        for (var i = 0; i < 5; i++)
        {
            wait.TryHold(new TransientMessage(default, AfterId: i), hasClients: false).Should().BeTrue();
        }

        wait.Release().Select(static message => message.AfterId).Should().Equal(2, 3, 4);
    }

    [Fact]
    public async Task Append_NobodyThereYet_NeverWaits()
    {
        await using var rig = new ConversationRig();
        var conversation = await OpenAsync(rig);
        await conversation.NotifyAsync(Drafts.Status("one"), CancellationToken.None);

        await AppendAsync(conversation);

        rig.IsStored(0).Should().BeTrue();
    }

    [Fact]
    public async Task Notify_NobodyComesInTime_IsDroppedAndNothingWaitsAgain()
    {
        await using var rig = new ConversationRig();
        var conversation = await OpenAsync(rig);
        await conversation.NotifyAsync(Drafts.Status("one"), CancellationToken.None);
        await AppendAsync(conversation);

        rig.Clock.Advance(s_timeout);
        await rig.Log.WaitForAsync("no client came in time for 1 status updates");
        await conversation.NotifyAsync(Drafts.Status("two"), CancellationToken.None);
        await AppendAsync(conversation);

        var client = await rig.JoinAsync();
        await conversation.NotifyAsync(Drafts.Status("three"), CancellationToken.None);
        (await client.ReadAsync()).Should().Be("three");
    }

    [Fact]
    public async Task Notify_EverybodyHasLeft_DoesNotWaitAgain()
    {
        await using var rig = new ConversationRig();
        var conversation = await OpenAsync(rig);
        var client = await rig.JoinAsync();
        await conversation.NotifyAsync(Drafts.Status("one"), CancellationToken.None);
        (await client.ReadAsync()).Should().Be("one");
        client.Drop();
        await LeftAsync(rig, conversation);

        await conversation.NotifyAsync(Drafts.Status("two"), CancellationToken.None);
        await AppendAsync(conversation);

        var next = await rig.JoinAsync();
        await conversation.NotifyAsync(Drafts.Status("three"), CancellationToken.None);
        (await next.ReadAsync()).Should().Be("three");
    }

    [Fact]
    public async Task Notify_TimeoutOfZero_WaitsForNobody()
    {
        await using var rig = new ConversationRig(static options => options.ClientWaitTimeoutSeconds = 0);
        var conversation = await OpenAsync(rig);
        await conversation.NotifyAsync(Drafts.Status("one"), CancellationToken.None);
        await AppendAsync(conversation);

        var client = await rig.JoinAsync();
        await conversation.NotifyAsync(Drafts.Status("two"), CancellationToken.None);

        (await client.ReadAsync()).Should().Be("two");
    }

    [Fact]
    public async Task Notify_MoreThanMayWait_TheOldestGo()
    {
        await using var rig = new ConversationRig(static options => options.MaxPendingTransientMessages = 3);
        var conversation = await OpenAsync(rig);
        for (var n = 0; n < 10; n++)
        {
            await conversation.NotifyAsync(Drafts.Status($"n{n}"), CancellationToken.None);
        }

        await AppendAsync(conversation);
        var client = await rig.JoinAsync();

        (await client.ReadThroughAsync("n9")).Should().Equal("n7", "n8", "n9");
    }

    [Fact]
    public async Task Notify_BetweenEvents_KeepsItsPlace()
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();
        var slow = await rig.JoinAsync();
        slow.StopReading();
        var conversation = await rig.Agent.Started;
        var expected = new List<string>();
        for (var n = 0; n < 100; n++)
        {
            await AppendAsync(conversation);
            await conversation.NotifyAsync(Drafts.Status($"n{n}"), CancellationToken.None);
            expected.AddRange([$"{n}", $"n{n}"]);
        }

        slow.StartReading();

        (await client.ReadThroughAsync("n99")).Should().Equal(expected);
        (await slow.ReadThroughAsync("n99")).Should().Equal(expected);
    }

    [Fact]
    public async Task Notify_WhileOneReplays_ComesInItsPlaceAfterTheAnswer()
    {
        await using var rig = new ConversationRig();
        await rig.StoreMessagesAsync(50);
        var client = await rig.ConnectAsync(reads: false);
        await client.IsWaitedFor;
        var conversation = await rig.Agent.Started;
        await AppendAsync(conversation);
        await conversation.NotifyAsync(Drafts.Status("one"), CancellationToken.None);
        await AppendAsync(conversation);

        client.StartReading();
        await client.ReadThroughAsync("CONNECT");

        (await client.ReadThroughAsync("51")).Should().Equal("50", "one", "51");
    }

    /// <summary>A session that no client has entered.</summary>
    private static async Task<IAgentConversation> OpenAsync(ConversationRig rig)
    {
        var opened = await rig.Registry.TryAcquireAsync(ConversationRig.Key("c1"), opens: true, CancellationToken.None)
            .WaitAsync(TestLimits.Step);
        opened?.Refusal.Should().BeNull();
        return opened?.Session ?? throw new InvalidOperationException("Not opened.");
    }

    private static async Task LeftAsync(ConversationRig rig, IAgentConversation conversation)
    {
        // Leaving is posted by the socket's own loop; the session has it in order before whatever comes later.
        await rig.Log.WaitForAsync("Left namespace /");
        await AppendAsync(conversation);
        while (conversation.ClientCount > 0)
        {
            await AppendAsync(conversation);
        }
    }

    private static ValueTask<int> AppendAsync(IAgentConversation conversation) =>
        conversation.AppendAsync(Drafts.Message("event"), EventSource.Agent, CancellationToken.None);
}
