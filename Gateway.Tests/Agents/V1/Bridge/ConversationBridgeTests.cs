using System.Security.Cryptography;

using Gateway.Agents.V1;
using Gateway.Agents.V1.Bridge;
using Gateway.Conversations.Storage;
using Gateway.Tests.Agents.V1.Translation;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Bridge;

/// <summary>A process that dies anywhere in a V1 log: the next one appends what is missing, and nothing twice.</summary>
public sealed class ConversationBridgeTests : IDisposable
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    private readonly TempStore _store = TempStore.Empty();
    private readonly TestMeterFactory _meters = new();
    private readonly KindCounter _kinds;

    public ConversationBridgeTests() => _kinds = new KindCounter(new V1Metrics(_meters), NullLogger.Instance);

    public void Dispose()
    {
        _meters.Dispose();
        _store.Dispose();
    }

    public static TheoryData<string> Recordings => [.. V1Recording.Names];

    /// <summary>In the middle of a batch something is held nearly always: a commit then would lose it.</summary>
    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task TakeAsync_ProcessDiesAfterAnyEvent_AppendsTheSameEvents(string name)
    {
        var log = V1Recording.Load(name).Log;
        var whole = new MemoryConversation(Id);
        await TakeAsync(whole, whole, log, log.Count);
        await EndAsync(whole, whole, log);

        for (var diesAfter = 1; diesAfter < log.Count; diesAfter++)
        {
            var conversation = new MemoryConversation(Id);
            await TakeAsync(conversation, conversation, log, diesAfter);
            await EndAsync(conversation, conversation, log);

            FirstDifference(Comparable(conversation), Comparable(whole)).Should().BeNull("it died after {0}", diesAfter);
        }
    }

    /// <summary>
    /// What is shown depends on when the log was quiet, and a log that keeps source ids knows what was. Its journal may be of any age.
    /// </summary>
    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task OnIdleAsync_ProcessDiesAfterAnyEventAndJournalIsLostOrOld_AppendsTheSameEvents(string name)
    {
        var log = V1Recording.Load(name).Log;
        var whole = new MemoryConversation(Id) { KeepsSourceIds = true };
        await LiveAsync(whole, log, 0, log.Count);

        for (var diesAfter = 1; diesAfter < log.Count; diesAfter += 1 + (log.Count / 24))
        {
            foreach (var lost in new[] { 0, 1, 5, int.MaxValue })
            {
                var conversation = new MemoryConversation(Id) { KeepsSourceIds = true };
                await LiveAsync(conversation, log, 0, diesAfter);
                conversation.LoseSideLines(lost);
                await LiveAsync(conversation, log, diesAfter, log.Count);

                FirstDifference(Comparable(conversation), Comparable(whole))
                    .Should().BeNull("it died after {0}, and {1} lines were lost", diesAfter, lost);
                conversation.SourceIds.Should().Equal(whole.SourceIds);
            }
        }
    }

    /// <summary>The map says that the log has no such event, and the log has it: the log is right.</summary>
    [Fact]
    public async Task TakeAsync_LogHasWhatTheMapDoesNotKnow_IsRecognised()
    {
        var v1 = new V1Event();
        var conversation = new MemoryConversation(Id) { KeepsSourceIds = true };
        JObject[] log = [v1.Message("user", "one"), v1.Message("user", "two"), v1.Message("user", "three")];
        var first = await LoadAsync(conversation, conversation);
        var second = await LoadAsync(conversation, conversation);
        await first.TakeAsync(log[..2], CancellationToken.None);

        await second.TakeAsync(log, CancellationToken.None);

        conversation.Words.Should().Equal("message", "message", "message");
        conversation.SourceIds.Should().Equal("e1", "e2", "e3");
    }

    [Fact]
    public async Task TakeAsync_EventsOfOneV1Event_HaveSourceIdsOfTheirOwn()
    {
        var v1 = new V1Event();
        var conversation = new MemoryConversation(Id) { KeepsSourceIds = true };
        var bridge = await LoadAsync(conversation, conversation);

        await bridge.TakeAsync(
            [
                v1.Message("user", "Hi", ",\"activated_skills\":[\"one\"]"),
                v1.Status("running"),
                v1.New("MessageEvent", "agent", """
                    "llm_message":{"role":"agent","content":[{"type":"text","text":"Ho"}]}
                    """, "no / id"),
            ],
            CancellationToken.None);

        conversation.SourceIds.Should().Equal(
            "e1", "e1/1", "e2/state", "sha256:" + Convert.ToHexStringLower(SHA256.HashData("no / id"u8)));
    }

    /// <summary>
    /// A torn journal on a real disk, two restarts after it: the first heals it, the second must know what the first wrote.
    /// </summary>
    [Theory]
    [InlineData("v1/confirm")]
    [InlineData("v1/task-events")]
    public async Task TakeAsync_JournalTornAndTwoRestarts_AppendsNothingTwice(string name)
    {
        var log = V1Recording.Load(name).Log;
        var path = _store.PathOf("sessions", Id, V1Map.JournalName);
        var conversation = new MemoryConversation(Id);
        for (var taken = 1; taken < log.Count; taken++)
        {
            await TakeAsync(conversation, Journal(), log, taken);
        }

        await EndAsync(conversation, Journal(), log);
        var expected = Comparable(conversation);
        var content = await File.ReadAllBytesAsync(path);

        for (var length = 0; length <= content.Length; length += 173)
        {
            await File.WriteAllBytesAsync(path, content[..length]);
            await TakeAsync(conversation, Journal(), log, (log.Count + length) % log.Count);
            await EndAsync(conversation, Journal(), log);
            await EndAsync(conversation, Journal(), log);

            FirstDifference(Comparable(conversation), expected).Should().BeNull("it was torn at {0}", length);
        }
    }

    /// <summary>The map is gone, and the log is longer than any batch.</summary>
    [Fact]
    public async Task TakeAsync_MapIsLost_RecognisesTheWholeLog()
    {
        var v1 = new V1Event();
        var log = Enumerable.Range(0, 5_000).Select(number => v1.Message("user", $"number {number}")).ToList();
        var conversation = new MemoryConversation(Id);
        await EndAsync(conversation, conversation, log);
        var head = conversation.Head;

        conversation.LoseSideLines(int.MaxValue);
        await EndAsync(conversation, conversation, log);

        conversation.Head.Should().Be(head);
    }

    [Fact]
    public async Task OnIdleAsync_ReleasedActions_AreNamedByACondensationAfterARestart()
    {
        var v1 = new V1Event();
        var conversation = new MemoryConversation(Id);
        var first = await LoadAsync(conversation, conversation);
        await first.ConnectedAsync(new JObject { ["confirmation_policy"] = new JObject { ["kind"] = "NeverConfirm" } },
            CancellationToken.None);
        await first.TakeAsync([v1.Message("user", "Hi"), v1.Action("TerminalAction", "\"command\":\"ls\"", "run")], CancellationToken.None);
        await first.OnIdleAsync(CancellationToken.None);
        await first.CloseAsync();

        var second = await LoadAsync(conversation, conversation);
        await second.TakeAsync(
            [v1.New("Condensation", "environment", "\"forgotten_event_ids\":[\"e1\",\"run\"],\"summary\":\"s\",\"summary_offset\":1")],
                CancellationToken.None);

        conversation.Words.Should().Equal("message", "run", "condensation");
        conversation.Events[2]["args"]!["forgotten_event_ids"]!.ToString(Formatting.None).Should().Be("[0,1]");
    }

    /// <summary>
    /// Actions are shown when the log goes quiet, after their own lines: their ids are kept as all others are, through restarts.
    /// </summary>
    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task OnIdleAsync_AfterEachEvent_KeepsEveryIdThroughARestart(string name)
    {
        var log = V1Recording.Load(name).Log;
        var conversation = new MemoryConversation(Id);
        var map = new V1Map(conversation);
        var bridge = await ConversationBridge.LoadAsync(
            conversation, map, new NoObserver(), _kinds, TimeProvider.System, CancellationToken.None);
        await bridge.ConnectedAsync(JObject.Parse("""{"confirmation_policy":{"kind":"NeverConfirm"}}"""), CancellationToken.None);
        await bridge.CaughtUpAsync(CancellationToken.None);
        foreach (var v1Event in log)
        {
            await bridge.TakeAsync([v1Event], CancellationToken.None);
            await bridge.OnIdleAsync(CancellationToken.None);
        }

        await bridge.CloseAsync();
        var ids = log.Select(static v1Event => (string?)v1Event["id"] ?? "").ToList();
        var before = ids.ConvertAll(map.V0IdsOf);
        var restarted = new V1Map(conversation);
        await restarted.LoadAsync(conversation.Head, CancellationToken.None);
        ids.ConvertAll(restarted.V0IdsOf).Should().BeEquivalentTo(before, static options => options.WithStrictOrdering());
        before.Count(static found => found.Count > 0).Should().BeGreaterThan(3);
    }

    /// <summary>Batches are committed in parts, so that a crash in a long one leaves little to be recognised.</summary>
    [Fact]
    public async Task TakeAsync_LongBatch_IsCommittedInParts()
    {
        var v1 = new V1Event();
        var log = Enumerable.Range(0, 1_000).Select(number => v1.Message("user", $"number {number}")).ToList();
        var conversation = new MemoryConversation(Id) { FailsFrom = 900 };
        var bridge = await LoadAsync(conversation, conversation);

        var take = () => bridge.TakeAsync(log, CancellationToken.None).AsTask();

        await take.Should().ThrowAsync<IOException>();
        (await LoadAsync(conversation, conversation)).LastSequence.Should().Be(767);
    }

    /// <summary>The agent at work: its events are committed together, and all of them by the end of its turn.</summary>
    [Fact]
    public async Task TakeAsync_LiveEvents_AreCommittedTogether()
    {
        var v1 = new V1Event();
        var clock = new FakeTimeProvider();
        var conversation = new MemoryConversation(Id);
        var bridge = await ConversationBridge.LoadAsync(
            conversation, new V1Map(conversation), new NoObserver(), _kinds, clock, CancellationToken.None);
        await bridge.CaughtUpAsync(CancellationToken.None);
        for (var number = 0; number < 60; number++)
        {
            await bridge.TakeAsync([v1.Message("user", $"number {number}")], CancellationToken.None);
        }

        conversation.JournalWrites.Should().Be(0);
        clock.Advance(TimeSpan.FromSeconds(1));
        await bridge.TakeAsync([v1.Message("user", "a second later")], CancellationToken.None);
        conversation.JournalWrites.Should().Be(1);

        await bridge.TakeAsync([v1.Status("running")], CancellationToken.None);
        conversation.JournalWrites.Should().Be(2, "a state is shown");
        await bridge.TakeAsync([v1.Message("agent", "Done.")], CancellationToken.None);
        conversation.JournalWrites.Should().Be(2);
        await bridge.TakeAsync([v1.Status("finished")], CancellationToken.None);
        conversation.JournalWrites.Should().Be(3, "the turn is over");
        (await LoadAsync(conversation, conversation)).LastSequence.Should().Be(63);
        conversation.Head.Should().Be(64);
    }

    /// <summary>The gateway's own word for a lost connection is no event of V1's: the next process knows it for what it is.</summary>
    [Fact]
    public async Task DisconnectedAsync_UncommittedEventsBeforeIt_TheNextProcessShowsTheStateAgain()
    {
        var v1 = new V1Event();
        var conversation = new MemoryConversation(Id);
        var first = await LoadAsync(conversation, conversation);
        await first.CaughtUpAsync(CancellationToken.None);
        await first.TakeAsync([v1.Message("user", "Hi"), v1.Status("running")], CancellationToken.None);
        await first.TakeAsync([v1.Message("agent", "Ho")], CancellationToken.None);
        await first.DisconnectedAsync(0, CancellationToken.None);
        await first.DisconnectedAsync(1, CancellationToken.None);
        await first.CloseAsync();

        var second = await LoadAsync(conversation, conversation);
        second.LastSequence.Should().Be(2);
        await second.CaughtUpAsync(CancellationToken.None);

        conversation.Words.TakeLast(3).Should().Equal("message", "=error", "=running");
    }

    private IJournal Journal() => TestStore.Journals(_store.Root).Open(TestStore.Key(Id), V1Map.JournalName);

    /// <summary>A process takes the log up to an event, and dies.</summary>
    private async Task TakeAsync(MemoryConversation conversation, IJournal journal, IReadOnlyList<JObject> log, int until)
    {
        var bridge = await LoadAsync(conversation, journal);
        await bridge.TakeAsync([.. log.Take(until).Skip(bridge.LastSequence + 1)], CancellationToken.None);
    }

    /// <summary>A process reads the log up to an event, and takes each one after it as it comes, with a pause behind it.</summary>
    private async Task LiveAsync(MemoryConversation conversation, IReadOnlyList<JObject> log, int from, int until)
    {
        var bridge = await LoadAsync(conversation, conversation);
        await bridge.TakeAsync([.. log.Take(from).Skip(bridge.LastSequence + 1)], CancellationToken.None);
        await bridge.CaughtUpAsync(CancellationToken.None);
        await bridge.OnIdleAsync(CancellationToken.None);
        foreach (var v1Event in log.Take(until).Skip(bridge.LastSequence + 1))
        {
            await bridge.TakeAsync([v1Event], CancellationToken.None);
            await bridge.OnIdleAsync(CancellationToken.None);
        }
    }

    /// <summary>A process takes the rest, and the log stays quiet.</summary>
    private async Task EndAsync(MemoryConversation conversation, IJournal journal, IReadOnlyList<JObject> log)
    {
        var bridge = await LoadAsync(conversation, journal);
        await bridge.TakeAsync([.. log.Skip(bridge.LastSequence + 1)], CancellationToken.None);
        await bridge.CaughtUpAsync(CancellationToken.None);
        await bridge.OnIdleAsync(CancellationToken.None);
    }

    private ValueTask<ConversationBridge> LoadAsync(MemoryConversation conversation, IJournal journal) =>
        ConversationBridge.LoadAsync(
            conversation, new V1Map(journal), new NoObserver(), _kinds, TimeProvider.System, CancellationToken.None);

    /// <summary>Whole logs are too long to be read in a failure.</summary>
    private static string? FirstDifference(List<string> actual, List<string> expected)
    {
        var same = actual.Zip(expected).TakeWhile(static pair => pair.First == pair.Second).Count();
        return same == Math.Max(actual.Count, expected.Count)
            ? null
            : $"{same} of {expected.Count}: {actual.ElementAtOrDefault(same)} instead of {expected.ElementAtOrDefault(same)}";
    }

    private static List<string> Comparable(MemoryConversation conversation) =>
        [.. conversation.Events
            .Select(static e => $"{e["id"]} {e["cause"]} {e["action"]}{e["observation"]} {(e["extras"] ?? e["args"])!.ToString(Formatting.None)}")];
}
