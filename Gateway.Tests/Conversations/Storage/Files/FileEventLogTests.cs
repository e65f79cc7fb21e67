using System.Text;

using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Files;

/// <summary>What is about files in a log; what every log does is in <see cref="EventLogContract"/>.</summary>
public sealed class FileEventLogTests : IDisposable
{
    private readonly TempStore _root = TempStore.Empty();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData(null, "sessions/c-1/events/0.json")]
    [InlineData("user_1", "users/user_1/conversations/c-1/events/0.json")]
    public async Task TryAppendAsync_FirstEvent_StandsWhereV0LooksForIt(string? user, string expected)
    {
        var log = await TestStore.Logs(_root.Root).OpenAsync(TestStore.Key("c-1", user), CancellationToken.None);

        await TestStore.AppendAsync(log, 0, 0);

        Directory.EnumerateFiles(_root.Root, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(_root.Root, path)).Should().Equal(expected);
        File.ReadAllBytes(_root.PathOf(expected)).Should().Equal(TestStore.Event(0));
    }

    [Theory]
    [InlineData(Durability.Os)]
    [InlineData(Durability.Fsync)]
    internal async Task TryAppendAsync_ManyEvents_AreReadBackInOrder(Durability durability)
    {
        var log = await TestStore.Logs(_root.Root, durability).OpenAsync(TestStore.Key("c"), CancellationToken.None);

        await TestStore.AppendAsync(log, 0, 59);

        log.Head.Should().Be(59);
        foreach (var reader in new[] { log, await OpenAsync("c") })
        {
            var (events, corrupt) = await TestStore.ReadAllAsync(reader);
            corrupt.Should().BeEmpty();
            events.Should().Equal(Enumerable.Range(0, 60).Select(static id => (id, Encoding.UTF8.GetString(TestStore.Event(id)))));
        }
    }

    [Fact]
    public async Task Open_OddNames_AreNoEvents()
    {
        Write(3);
        foreach (var name in new[] { "04.json", "-5.json", "6.json.tmp", "x.json", "7", ".8.json", "9.JSON", "+9.json" })
        {
            File.WriteAllText(_root.PathOf("sessions", "c", "events", name), "{}");
        }

        var log = await OpenAsync("c");

        log.Head.Should().Be(3);
        (await TestStore.ReadAllAsync(log)).Events.Should().ContainSingle();
    }

    [Theory]
    [InlineData("events/2147483625.json")]
    [InlineData("events/2147483647.json")]
    [InlineData("events/99999999999.json")]
    [InlineData("event_cache/2147483625-2147483650.json")]
    public async Task Open_IdAboveTheLargest_IsRefusedWithAReason(string name)
    {
        Write(3);
        Directory.CreateDirectory(_root.PathOf("sessions", "c", "event_cache"));
        File.WriteAllText(_root.PathOf("sessions", "c", name), "{}");

        var opening = () => OpenAsync("c");

        (await opening.Should().ThrowAsync<StorageException>()).Which.Failure.Should().Be(StorageFailure.IdsExhausted);
    }

    [Fact]
    public async Task RefreshAsync_EventsBehindAGap_AreFoundByAClaim()
    {
        var log = await OpenAsync("c");
        var other = await OpenAsync("c");
        await TestStore.AppendAsync(other, 0, 9);
        await TestStore.AppendAsync(other, 20, 20);

        (await log.RefreshAsync(claimedId: -1, CancellationToken.None)).Should().Be(9);
        (await log.RefreshAsync(claimedId: 30, CancellationToken.None)).Should().Be(9, "nobody has stored what is claimed");
        (await log.RefreshAsync(claimedId: 20, CancellationToken.None)).Should().Be(20);

        (await TestStore.ReadAllAsync(log)).Events.Select(static stored => stored.Id).Should().Equal([.. Enumerable.Range(0, 10), 20]);
    }

    /// <summary>Whoever has asked has gone by then: those who watch the log are told of its events as of another process's.</summary>
    [Fact]
    public async Task TryAppendAsync_EndsAfterTheLimit_TellsThoseWhoWatch()
    {
        var clock = new FakeTimeProvider();
        using var answers = new ManualResetEventSlim();
        using var threads = TestStore.Threads(clock);
        var log = await TestStore.Logs(_root.Root, threads: threads).OpenAsync(TestStore.Key("c"), CancellationToken.None);
        var grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = log.Watch(() => _ = log.Head == 1 && grown.TrySetResult());
        var gated = new GatedBytes(TestStore.Event(1), answers);
        StoredEvent[] events = [new(0, TestStore.Event(0), default), new(1, gated.Unseen, default)];
        var append = log.TryAppendAsync(events, CancellationToken.None).AsTask();
        await gated.IsWaitedFor;

        clock.Advance(new FileStorageOptions().AppendTimeout + TimeSpan.FromMilliseconds(100));

        (await FluentActions.Awaiting(() => append.WaitAsync(TestLimits.Step)).Should().ThrowAsync<StorageException>())
            .Which.Failure.Should().Be(StorageFailure.Unknown);
        answers.Set();
        await grown.Task.WaitAsync(TestLimits.Step);
        (await TestStore.ReadAllAsync(log)).Events.Should().HaveCount(2);
    }

    [Fact]
    public async Task ReadAsync_TenThousandEvents_NeedsAsMuchMemoryAsAHundred()
    {
        await TestStore.AppendAsync(await OpenAsync("c"), 0, 9_999);
        var reader = new EventPageReader(new ConversationPaths(_root.Root, TestStore.Key("c")));
        var ids = new StoredIds(Enumerable.Range(0, 10_000));
        _ = Allocated(reader, ids, 999);
        var few = Allocated(reader, ids, 999);

        var many = Allocated(reader, ids, 9_999);

        // In proportion to the events read, and to nothing else; a page's lists and path, no more.
        many.Should().BeLessThan(few * 11);
        (many / 10_000).Should().BeLessThan(400);
    }

    /// <summary>On this thread alone: the log itself reads on the store's.</summary>
    private static long Allocated(EventPageReader reader, StoredIds ids, int through)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var next = 0; next <= through;)
        {
            using var page = reader.Read(next, through, ids);
            next = page.NextId;
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private void Write(int id, byte[]? json = null)
    {
        Directory.CreateDirectory(_root.PathOf("sessions", "c", "events"));
        File.WriteAllBytes(_root.PathOf("sessions", "c", "events", $"{id}.json"), json ?? TestStore.Event(id));
    }

    private Task<IEventLog> OpenAsync(string id) =>
        TestStore.Logs(_root.Root).OpenAsync(TestStore.Key(id), CancellationToken.None).AsTask();
}
