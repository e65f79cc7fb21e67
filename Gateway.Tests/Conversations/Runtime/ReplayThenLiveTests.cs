using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Runtime;

/// <summary>What a connection is given of the log, and in which order.</summary>
public sealed class ReplayThenLiveTests
{
    [Fact]
    public async Task Connect_StoredEvents_ComeBeforeTheAnswerAndNewOnesAfterIt()
    {
        await using var rig = new ConversationRig();
        await rig.StoreMessagesAsync(60);
        var client = await rig.ConnectAsync();
        (await client.ReadThroughAsync("CONNECT")).Should().Equal([.. Ids(0, 59), "CONNECT"]);

        await AppendAsync(rig, 3);

        (await client.ReadThroughAsync("62")).Should().Equal("60", "61", "62");
    }

    [Theory]
    [InlineData(-1, "0 1 2")]
    [InlineData(0, "1 2")]
    [InlineData(1, "2")]
    [InlineData(2, "")]
    [InlineData(3, "")]
    [InlineData(int.MaxValue, "")]
    public async Task Connect_LatestEventId_GivesWhatFollowsItAndThenLiveEvents(int latest, string replayed)
    {
        await using var rig = new ConversationRig();
        await rig.StoreMessagesAsync(3);
        var client = await rig.ConnectAsync(latest: latest);
        var shown = await client.ReadThroughAsync("CONNECT");
        string.Join(' ', shown.SkipLast(1)).Should().Be(replayed);

        await AppendAsync(rig, 1);

        (await client.ReadAsync()).Should().Be("3");
    }

    [Fact]
    public async Task Connect_EventsAppendedDuringTheReplay_AreGivenOnceInOrderAfterTheAnswer()
    {
        await using var rig = new ConversationRig();
        await rig.StoreMessagesAsync(90);
        var client = await rig.ConnectAsync(reads: false);
        await client.IsWaitedFor;

        await AppendAsync(rig, 40);
        client.StartReading();

        (await client.ReadThroughAsync("129")).Should().Equal([.. Ids(0, 89), "CONNECT", .. Ids(90, 129)]);
    }

    [Fact]
    public async Task Connect_EventsAppendedWhileSeveralClientsJoin_AreGivenToEachOnceInOrder()
    {
        await using var rig = new ConversationRig();
        await rig.StoreMessagesAsync(30);
        await rig.JoinAsync();
        var conversation = await rig.Agent.Started;
        var appending = AppendAsync(rig, 300);

        var clients = new List<FakeClient>();
        for (var n = 0; n < 10; n++)
        {
            clients.Add(await rig.ConnectAsync(latest: 3 * n));
            await conversation.AppendAsync(Drafts.Message("between"), EventSource.Agent, CancellationToken.None);
        }

        await appending;
        for (var n = 0; n < clients.Count; n++)
        {
            var shown = await clients[n].ReadThroughAsync("339");
            shown.Where(static text => text != "CONNECT").Should().Equal(Ids((3 * n) + 1, 339));
        }
    }

    [Fact]
    public async Task Live_ALaggingClient_ReadsTheStoreAndGetsEverythingInOrder()
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();
        client.StopReading();
        await AppendAsync(rig, 1_000);
        await client.IsWaitedFor;

        client.StartReading();

        (await client.ReadThroughAsync("999")).Should().Equal(Ids(0, 999));
    }

    [Fact]
    public async Task Live_AClientThatDoesNotRead_HoldsUpNobodyAndIsHandedLittle()
    {
        await using var rig = new ConversationRig(static options => options.MaxPendingTransientMessages = 8);
        var stalled = await rig.JoinAsync();
        var client = await rig.JoinAsync();
        var handed = stalled.MessageCount;
        stalled.StopReading();

        await AppendAsync(rig, 500);
        var conversation = await rig.Agent.Started;
        for (var n = 0; n < 100; n++)
        {
            await conversation.NotifyAsync(Drafts.Status($"n{n}"), CancellationToken.None);
        }

        var shown = await client.ReadThroughAsync("n99");
        shown.Where(static text => text[0] != 'n').Should().Equal(Ids(0, 499));
        await stalled.IsWaitedFor;
        (stalled.MessageCount - handed).Should().BeLessThanOrEqualTo(32);
        stalled.StartReading();
        (await stalled.ReadThroughAsync("n99")).Should().Equal([.. Ids(0, 499), .. Enumerable.Range(92, 8).Select(static n => $"n{n}")]);
    }

    [Fact]
    public async Task Live_EventsNeverStopComing_ClientsGetThemMeanwhile()
    {
        const int Bound = 20_000;
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();
        var conversation = await rig.Agent.Started;
        var handed = client.MessageCount;
        rig.Store.BeforeAppend = id =>
        {
            // Each append brings the next one until the client has been handed something, so the session's inbox is never empty.
            if (client.MessageCount == handed && id < Bound)
            {
                _ = conversation.AppendAsync(Drafts.Message("more"), EventSource.Agent, CancellationToken.None).AsTask();
            }

            return Task.CompletedTask;
        };

        var first = conversation.AppendAsync(Drafts.Message("first"), EventSource.Agent, CancellationToken.None);
        (await client.ReadAsync()).Should().Be("0");
        await first;

        rig.IsStored(Bound).Should().BeFalse();
    }

    [Fact]
    public async Task Live_EventsOfTheEnvironment_FollowV0sRouting()
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();
        var conversation = await rig.Agent.Started;
        foreach (var draft in (Newtonsoft.Json.Linq.JObject[])[
            Drafts.Action("change_agent_state"), Drafts.State("running"), Drafts.Observation("null"), Drafts.Observation("think"),
            Drafts.Observation("error")])
        {
            await conversation.AppendAsync(draft, EventSource.Environment, CancellationToken.None);
        }

        await conversation.AppendAsync(Drafts.Action("recall"), EventSource.User, CancellationToken.None);

        var state = Packets.Event(await client.ReadRawAsync());
        var error = Packets.Event(await client.ReadRawAsync());
        var recall = Packets.Event(await client.ReadRawAsync());
        new[] { state, error, recall }.Select(static json => $"{json["id"]} {json["source"]}")
            .Should()
            .Equal("1 agent", "4 agent", "5 user");
        rig.Stored(1)["source"]?.ToString().Should().Be("environment");
    }

    [Theory]
    [InlineData(false, "1 2 4 5 6 7")]
    [InlineData(true, "1 2 5 6 7 4")]
    public async Task Replay_AgentStates_OnlyTheNewestIsShownInItsPlace(bool agentStateLast, string expected)
    {
        await using var rig = new ConversationRig(options => options.AgentStateLast = agentStateLast);
        await rig.StoreAsync([
            (Drafts.State("loading"), EventSource.Environment),
            (Drafts.Message("hi"), EventSource.User),
            (Drafts.Action("change_agent_state"), EventSource.Environment),
            (Drafts.Action("recall"), EventSource.User),
            (Drafts.State("running"), EventSource.Environment),
            (Drafts.Observation("recall"), EventSource.Environment),
            (Drafts.Observation("think"), EventSource.Environment),
            (Drafts.Message("there"), EventSource.Agent),
            (Drafts.Observation("null"), EventSource.Environment)]);

        var client = await rig.ConnectAsync();

        (await client.ReadThroughAsync("CONNECT")).Should().Equal([.. expected.Split(' '), "CONNECT"]);
    }

    [Fact]
    public async Task Replay_AgentStateOfAnEarlierPage_StandsInItsPlace()
    {
        await using var rig = new ConversationRig();
        await rig.StoreAsync([(Drafts.State("running"), EventSource.Environment)]);
        await rig.StoreMessagesAsync(100);

        var client = await rig.ConnectAsync();
        var raw = new List<string>();
        do
        {
            raw.Add(await client.ReadRawAsync());
        }
        while (Packets.Show(raw[^1]) != "CONNECT");

        raw.Select(Packets.Show).Should().Equal([.. Ids(0, 100), "CONNECT"]);
        Packets.Event(raw[0])["source"]?.ToString().Should().Be("environment");
        Packets.Event(raw[0])["extras"]?["agent_state"]?.ToString().Should().Be("running");
    }

    [Fact]
    public async Task Connect_ClientHasEventsThatAnotherProcessAppended_IsNotGivenThemAgain()
    {
        await using var rig = new ConversationRig();
        rig.Store.Watches = false;
        await rig.JoinAsync();
        var conversation = await rig.Agent.Started;
        await TestStore.AppendAsync(await TestStore.Logs(rig.Root).OpenAsync(ConversationRig.Key("c1"), CancellationToken.None), 0, 4);

        var client = await rig.JoinAsync(latest: 4);
        await conversation.AppendAsync(Drafts.Message("next"), EventSource.Agent, CancellationToken.None);

        (await client.ReadAsync()).Should().Be("5");
    }

    [Fact]
    public async Task Replay_CorruptEvent_IsReportedAndSkipped()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("Event 2 cannot be shown and is skipped");
        await rig.StoreMessagesAsync(5);
        await File.WriteAllTextAsync(rig.PathOf("events/2.json"), "{\"id\": 2, \"act");

        var client = await rig.ConnectAsync();

        (await client.ReadThroughAsync("CONNECT")).Should().Equal("0", "1", "3", "4", "CONNECT");
        rig.Log.Complaints.Should().BeEmpty();
        rig.Log.Lines.Should().Contain(static line => line.Contains("Event 2 cannot be shown"));
        await AppendAsync(rig, 1);
        (await client.ReadAsync()).Should().Be("5");
    }

    [Fact]
    public async Task Live_ReadFails_TheClientIsDisconnectedAndComesBackWithItsLastId()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("Delivery failed");
        var client = await rig.JoinAsync();
        client.StopReading();
        // More than are kept in memory: the rest must be read.
        await AppendAsync(rig, 1_500);
        await client.IsWaitedFor;
        rig.Store.BeforeRead = static (_, _) => throw new IOException();
        client.StartReading();
        var shown = await client.ReadThroughAsync("DISCONNECT");
        rig.Store.BeforeRead = static (_, _) => Task.CompletedTask;

        var again = await rig.ConnectAsync(latest: shown.Count - 2);

        shown.SkipLast(1).Concat(await again.ReadThroughAsync("CONNECT")).Should().Equal([.. Ids(0, 1_499), "CONNECT"]);
    }

    [Fact]
    public async Task Live_StoreIsAwayForATime_TheClientStaysAndGetsTheRestWhenItIsBack()
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();
        client.StopReading();
        await AppendAsync(rig, 1_500);
        await client.IsWaitedFor;
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Store.BeforeRead = (_, _) =>
        {
            failed.TrySetResult();
            throw new StorageException(StorageFailure.Unavailable, "the store cannot be reached");
        };
        client.StartReading();
        await failed.Task.WaitAsync(TestLimits.Step);
        rig.Store.BeforeRead = static (_, _) => Task.CompletedTask;

        var shown = client.ReadThroughAsync("1499");
        await rig.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => shown.IsCompleted);
        (await shown).Should().Equal(Ids(0, 1_499));
    }

    private static IEnumerable<string> Ids(int first, int last) => Enumerable.Range(first, last - first + 1).Select(static id => $"{id}");

    private static async Task AppendAsync(ConversationRig rig, int count)
    {
        var conversation = await rig.Agent.Started;
        for (var n = 0; n < count; n++)
        {
            await conversation.AppendAsync(Drafts.Message($"live {n}"), EventSource.Agent, CancellationToken.None);
        }
    }
}
