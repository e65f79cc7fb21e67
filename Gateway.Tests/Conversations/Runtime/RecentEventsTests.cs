using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Tests.Conversations.Support;

namespace Gateway.Tests.Conversations.Runtime;

/// <summary>
/// What is kept of live events for cursors: bounded over all conversations, and freed as soon as every cursor has passed.
/// </summary>
public sealed class RecentEventsTests
{
    private const int Megabyte = 1_024 * 1_024;

    private static readonly string s_megabyte = new('x', Megabyte);

    [Fact]
    public async Task Append_EveryClientHasRead_NothingIsKept()
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();
        var other = await rig.JoinAsync();
        var conversation = await rig.Agent.Started;

        for (var id = 0; id < 3; id++)
        {
            await conversation.AppendAsync(Drafts.Message(s_megabyte), EventSource.Agent, CancellationToken.None);
        }

        (await client.ReadThroughAsync("2")).Should().Equal("0", "1", "2");
        (await other.ReadThroughAsync("2")).Should().Equal("0", "1", "2");
        await rig.UntilNothingIsKeptAsync();
    }

    [Fact]
    public async Task Append_ClientsThatDoNotReadInManyConversations_KeepsNoMoreThanTheBudgetAndLosesNothing()
    {
        const int Conversations = 10;
        await using var rig = new ConversationRig(static options => options.MaxRecentEventBytes = 4 * Megabyte);
        var clients = new List<FakeClient>();
        for (var i = 0; i < Conversations; i++)
        {
            var client = await rig.JoinAsync($"c{i}");
            client.StopReading();
            clients.Add(client);
        }

        foreach (var conversation in rig.Agent.Conversations)
        {
            for (var id = 0; id < 3; id++)
            {
                await conversation.AppendAsync(Drafts.Message(s_megabyte), EventSource.Agent, CancellationToken.None);
                rig.RecentEvents.HeldBytes.Should().BeLessThanOrEqualTo(4 * Megabyte);
            }
        }

        rig.RecentEvents.HeldBytes.Should().BePositive();
        foreach (var client in clients)
        {
            client.StartReading();
            (await client.ReadThroughAsync("2")).Should().Equal("0", "1", "2");
        }

        await rig.UntilNothingIsKeptAsync();
    }

    [Fact]
    public async Task Append_ClientThatDoesNotReadLeaves_NothingIsKept()
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();
        var slow = await rig.JoinAsync();
        slow.StopReading();
        var conversation = await rig.Agent.Started;
        await conversation.AppendAsync(Drafts.Message(s_megabyte), EventSource.Agent, CancellationToken.None);
        (await client.ReadAsync()).Should().Be("0");
        await slow.IsWaitedFor;

        rig.RecentEvents.HeldBytes.Should().BeGreaterThan(Megabyte);
        slow.Drop();

        await rig.UntilNothingIsKeptAsync();
    }

    [Fact]
    public async Task Close_ClientThatDoesNotRead_NothingIsKept()
    {
        await using var rig = new ConversationRig();
        var slow = await rig.JoinAsync();
        slow.StopReading();
        var conversation = await rig.Agent.Started;
        await conversation.AppendAsync(Drafts.Message(s_megabyte), EventSource.Agent, CancellationToken.None);
        await slow.IsWaitedFor;

        var closing = rig.Registry.CloseAll().Ended;
        await closing.WaitAsync(Gateway.Tests.Support.TestLimits.Step);

        rig.RecentEvents.HeldBytes.Should().Be(0);
    }
}
