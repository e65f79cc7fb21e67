using System.Collections.Concurrent;

using Gateway.Conversations;
using Gateway.Conversations.Connect;
using Gateway.Conversations.Events;
using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Runtime;

/// <summary>How a session treats its backend, and what it bears from it.</summary>
public sealed class BackendTests
{
    [Fact]
    public async Task Open_WhatTheBackendAppends_IsHistory()
    {
        await using var rig = new ConversationRig();
        rig.Agent.OnOpen = static async (conversation, token) =>
        {
            await conversation.AppendAsync(Drafts.Message("one"), EventSource.Agent, token);
            await conversation.AppendAsync(Drafts.State("running"), EventSource.Environment, token);
            return BackendOpening.Ready;
        };

        var client = await rig.ConnectAsync();

        (await client.ReadThroughAsync("CONNECT")).Should().Equal("0", "1", "CONNECT");
    }

    [Fact]
    public async Task Start_WhatTheBackendAppends_IsLive()
    {
        await using var rig = new ConversationRig();
        rig.Agent.OnStart = static async (conversation, token) =>
        {
            await conversation.AppendAsync(Drafts.Message("one"), EventSource.Agent, token);
            await conversation.NotifyAsync(Drafts.Status("ready"), token);
            await conversation.AppendAsync(Drafts.State("running"), EventSource.Environment, token);
        };

        var client = await rig.ConnectAsync();

        (await client.ReadThroughAsync("1")).Should().Equal("CONNECT", "0", "ready", "1");
    }

    [Fact]
    public async Task Open_BackendRefuses_TheClientIsToldAndTheNextTryOpensAnew()
    {
        await using var rig = new ConversationRig();
        rig.Agent.OnOpen = static (_, _) => new(BackendOpening.Refused("Not here"));
        var refused = await rig.ConnectAsync();
        (await refused.ReadAsync()).Should().Be("REFUSED Not here");
        await rig.Log.WaitForAsync("Conversation c1 closed: refused");
        rig.Agent.OnOpen = static (_, _) => new(BackendOpening.Ready);

        var client = await rig.ConnectAsync();

        (await client.ReadAsync()).Should().Be("CONNECT");
        rig.Agent.DisposeCount.Should().Be(1);
    }

    [Fact]
    public async Task Open_BackendThrows_TheClientIsRefusedAndTheNextTryOpensAnew()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("the agent did not open");
        rig.Agent.OnOpen = static (_, _) => throw new InvalidOperationException("agent");
        var refused = await rig.ConnectAsync();
        (await refused.ReadAsync()).Should().Be($"REFUSED {ConnectRefusals.JoinFailed}");
        rig.Agent.OnOpen = static (_, _) => new(BackendOpening.Ready);

        var client = await rig.ConnectAsync();

        (await client.ReadAsync()).Should().Be("CONNECT");
    }

    [Fact]
    public async Task Open_BackendHangs_TheClientIsRefusedWithinTenSeconds()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("the agent did not open");
        rig.Log.Expect("The conversation's events cannot be read");
        var never = Signal();
        rig.Agent.OnOpen = async (_, _) =>
        {
            await never.Task;
            return BackendOpening.Ready;
        };
        var refused = await rig.ConnectAsync();
        await rig.Agent.Opened;

        rig.Clock.Advance(TimeSpan.FromSeconds(10));

        (await refused.ReadAsync()).Should().StartWith("REFUSED");
        await rig.Log.WaitForAsync("Conversation c1 closed: refused");
        rig.Agent.OnOpen = static (_, _) => new(BackendOpening.Ready);
        var client = await rig.ConnectAsync();
        (await client.ReadAsync()).Should().Be("CONNECT");
    }

    /// <summary>Several events at once may name each other; when another process takes an id they name the ones they got.</summary>
    [Fact]
    public async Task AppendAsync_AnotherProcessTakesAnIdInTheMiddle_TheRestFollowsItWithTheRightCauses()
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();
        var conversation = await rig.Agent.Started;
        rig.Store.BeforeAppend = id =>
        {
            if (id == 2)
            {
                File.WriteAllText(
                    rig.PathOf("events/2.json"), """{"id": 2, "source": "user", "action": "message", "args": {"content": "theirs"}}""");
            }

            return Task.CompletedTask;
        };
        var drafts = Enumerable.Range(0, 3).SelectMany(static number => Pair(number)).ToList();

        await conversation.AppendAsync(drafts, CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

        drafts.Select(static draft => draft.Id).Should().Equal(0, 1, 3, 4, 5, 6);
        for (var id = 3; id <= 6; id++)
        {
            rig.Stored(id)["cause"]?.Value<int>().Should().Be(id % 2 == 0 ? id - 1 : null);
        }

        for (var id = 0; id <= 6; id++)
        {
            (await client.ReadAsync()).Should().Be($"{id}");
        }
    }

    /// <summary>Another gateway has deleted it: that is no failure, and nobody stays in a conversation that is gone.</summary>
    [Fact]
    public async Task AppendAsync_DeletedElsewhere_ClosesTheSession()
    {
        await using var rig = new ConversationRig();
        await rig.JoinAsync();
        var conversation = await rig.Agent.Started;
        rig.Store.BeforeAppend = static _ => throw new StorageException(StorageFailure.Deleted, "the conversation has been deleted");

        var append = () => conversation.AppendAsync(
            new JObject { ["action"] = "run", ["args"] = new JObject() }, EventSource.Agent, CancellationToken.None).AsTask();

        await append.Should().ThrowAsync<StorageException>();
        await rig.Log.WaitForAsync("Conversation c1 closed: deleted");
    }

    /// <summary>Each would wait for its own time limit, one behind the other.</summary>
    [Fact]
    public async Task Act_BehindAnActionThatTheStoreCouldNotTake_IsRefusedWithIt()
    {
        await using var rig = new ConversationRig();
        var first = await rig.JoinAsync();
        var second = await rig.JoinAsync();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var storing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var tries = 0;
        rig.Store.BeforeAppend = _ =>
        {
            tries++;
            reached.TrySetResult();
            return storing.Task;
        };

        await first.ActAsync("""{"action": "message", "args": {"content": "one"}}""", ack: 1);
        await reached.Task.WaitAsync(TestLimits.Step);
        await second.ActAsync("""{"action": "message", "args": {"content": "two"}}""", ack: 1);
        var session = rig.Registry.FindOpen(ConversationRig.Key("c1"))!;
        await Eventually.IsTrueAsync(() => session.QueueUtilization > 0, "the second one waits");
        storing.SetException(new StorageException(StorageFailure.TimedOut, "the store did not answer in time") { IsSaid = true });

        foreach (var client in new[] { first, second })
        {
            var told = new[] { await client.ReadAsync(), await client.ReadAsync() };
            told.Should().Contain(static line => line.StartsWith("error:", StringComparison.Ordinal))
                .And.Contain(static line => line.StartsWith("ACK 1", StringComparison.Ordinal));
        }

        tries.Should().Be(1);
        rig.Store.BeforeAppend = static _ => Task.CompletedTask;
        await second.ActAsync("""{"action": "message", "args": {"content": "three"}}""", ack: 2);
        (await first.ReadAsync()).Should().Be("0");
    }

    /// <summary>The store may be there again: whoever acts after its failure is not refused with those who acted before.</summary>
    [Fact]
    public async Task Append_GroupFromBeforeAndAfterTheStoresFailure_OnlyThoseFromBeforeAreRefused()
    {
        await using var rig = new ConversationRig();
        rig.Store.AppendsTogether = true;
        var client = await rig.JoinAsync();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var storing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Store.BeforeAppend = _ =>
        {
            reached.TrySetResult();
            return storing.Task;
        };
        await client.ActAsync("""{"action": "message", "args": {"content": "one"}}""");
        await reached.Task.WaitAsync(TestLimits.Step);
        var session = rig.Registry.FindOpen(ConversationRig.Key("c1"))!;
        var before = Message("two");
        session.Post(before);
        var after = new TaskCompletionSource<SessionCommand.Append>(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Log.OnLine = line =>
        {
            if (line.Contains("not taken") && !after.Task.IsCompleted)
            {
                var append = Message("three");
                session.Post(append);
                rig.Store.BeforeAppend = static _ => Task.CompletedTask;
                after.SetResult(append);
            }
        };

        storing.SetException(new StorageException(StorageFailure.TimedOut, "the store did not answer in time") { IsSaid = true });

        await before.Stored.Task.Invoking(static task => task.WaitAsync(TestLimits.Step)).Should().ThrowAsync<StorageException>();
        (await (await after.Task.WaitAsync(TestLimits.Step)).Stored.Task.WaitAsync(TestLimits.Step)).Should().Be(0);

        static SessionCommand.Append Message(string content) => new(
            new JObject { ["action"] = "message", ["args"] = new JObject { ["content"] = content } }, EventSource.User, ByClient: true);
    }

    /// <summary>A database takes several events as fast as one.</summary>
    [Fact]
    public async Task AppendAsync_SeveralWaitForAStoreThatTakesThemTogether_AreGivenToItTogether()
    {
        await using var rig = new ConversationRig();
        rig.Store.AppendsTogether = true;
        var client = await rig.JoinAsync();
        var conversation = await rig.Agent.Started;
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var storing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Store.BeforeAppend = _ =>
        {
            reached.TrySetResult();
            return storing.Task;
        };

        var first = AppendAsync();
        await reached.Task.WaitAsync(TestLimits.Step);
        var appends = new[] { first, AppendAsync(), AppendAsync(), AppendAsync() };
        storing.SetResult();

        (await Task.WhenAll(appends).WaitAsync(TestLimits.Step)).Should().Equal(0, 1, 2, 3);
        rig.Store.Groups.Should().Equal(1, 3);
        for (var id = 0; id < appends.Length; id++)
        {
            (await client.ReadAsync()).Should().Be($"{id}");
        }

        Task<int> AppendAsync() => conversation.AppendAsync(
            new JObject { ["action"] = "run", ["args"] = new JObject() }, EventSource.Agent, CancellationToken.None).AsTask();
    }

    private static IEnumerable<PairedDraft> Pair(int number)
    {
        var action = new PairedDraft(new JObject { ["action"] = "run", ["args"] = new JObject { ["command"] = $"{number}" } }, null);
        var observation = new JObject { ["observation"] = "run", ["content"] = $"{number}", ["extras"] = new JObject() };
        return [action, new PairedDraft(observation, action)];
    }

    private sealed class PairedDraft(JObject json, PairedDraft? action) : IEventDraft
    {
        public int Id { get; private set; } = -1;

        public EventSource Source => EventSource.Agent;

        public JObject Resolve()
        {
            json["cause"] = action?.Id;
            return json;
        }

        public void Appended(int id) => Id = id;
    }

    /// <summary>A stop before a message is a stop before it for the agent as well.</summary>
    [Fact]
    public async Task Act_ActionThatIsStored_ReachesTheBackendBeforeTheNext()
    {
        await using var rig = new ConversationRig();
        var order = new ConcurrentQueue<string>();
        rig.Agent.OnStored = stored =>
        {
            order.Enqueue($"stored {stored.Id}");
            return new(true);
        };
        rig.Agent.OnAccept = action =>
        {
            order.Enqueue((string)action.Json["action"]!);
            return ActionDisposition.Store;
        };
        var client = await rig.ConnectAsync();

        for (var ack = 0; ack < 100; ack += 2)
        {
            await client.ActAsync("""{"action":"change_agent_state","args":{"agent_state":"stopped"}}""", ack);
            await client.ActAsync("""{"action":"message","args":{"content":"x"}}""", ack + 1);
        }

        await client.ReadThroughAsync("ACK 99[]");
        order.Should().Equal(Enumerable.Range(0, 100)
            .SelectMany(static id => new[] { id % 2 == 0 ? "change_agent_state" : "message", $"stored {id}" }));
    }

    [Fact]
    public async Task Act_BackendStillStarts_WaitsForIt()
    {
        await using var rig = new ConversationRig();
        var starting = Signal();
        var order = new List<string>();
        rig.Agent.OnStart = async (_, _) =>
        {
            await starting.Task;
            order.Add("started");
        };
        rig.Agent.OnAccept = _ =>
        {
            order.Add("accepted");
            return ActionDisposition.Store;
        };
        var client = rig.Open("?conversation_id=c1");
        await client.SendAsync("0");
        await client.ActAsync("""{"action":"message","args":{"content":"x"}}""", ack: 1);
        var other = rig.Open("?conversation_id=c1");
        await other.SendAsync("0");
        await other.ActAsync("""{"action":"message","args":{"content":"x"}}""", ack: 1);

        starting.SetResult();
        await client.ReadThroughAsync("ACK 1[]");
        await other.ReadThroughAsync("ACK 1[]");

        order.Should().Equal("started", "accepted", "accepted");
    }

    [Fact]
    public async Task Start_SeveralClients_IsCalledOnce()
    {
        await using var rig = new ConversationRig();
        var calls = 0;
        rig.Agent.OnStart = (_, _) =>
        {
            Interlocked.Increment(ref calls);
            return default;
        };

        var clients = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => rig.JoinAsync()));

        clients.Should().HaveCount(8);
        calls.Should().Be(1);
        (await rig.Agent.Started).ClientCount.Should().BeLessThanOrEqualTo(8);
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
