using System.Text;

using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Files;

public sealed class FileEventLogTests : IDisposable
{
    private readonly TempStore _root = TempStore.Empty();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task Open_UnknownConversation_IsEmptyAndWritesNothing()
    {
        var log = await OpenAsync("new");

        log.Head.Should().Be(-1);
        using var page = await log.ReadAsync(0, int.MaxValue, CancellationToken.None);
        page.Events.Should().BeEmpty();
        page.NextId.Should().Be(0);
        Directory.EnumerateFileSystemEntries(_root.Root).Should().BeEmpty();
    }

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
    public async Task ReadAsync_Bounds_AreKept()
    {
        var log = await OpenAsync("c");
        await TestStore.AppendAsync(log, 0, 59);

        for (var from = 0; from < 60; from += 7)
        {
            for (var through = from; through < 60; through += 5)
            {
                (await TestStore.ReadAllAsync(log, from, through)).Events.Select(static stored => stored.Id)
                    .Should().Equal(Enumerable.Range(from, through - from + 1));
            }
        }
    }

    [Theory]
    [InlineData(60, int.MaxValue, 60)]
    [InlineData(5, 4, 5)]
    [InlineData(int.MaxValue, int.MaxValue, int.MaxValue)]
    public async Task ReadAsync_NothingThere_SkipsNoIdToCome(int from, int through, int expectedNext)
    {
        var log = await OpenAsync("c");
        await TestStore.AppendAsync(log, 0, 59);

        using var page = await log.ReadAsync(from, through, CancellationToken.None);

        page.Events.Should().BeEmpty();
        page.NextId.Should().Be(expectedNext);
    }

    [Fact]
    public async Task TryAppendAsync_IdOfAnotherWriter_IsRefusedAndKnown()
    {
        var log = await OpenAsync("c");
        var other = await OpenAsync("c");
        await TestStore.AppendAsync(log, 0, 1);
        await TestStore.AppendAsync(other, 2, 2);
        var taken = Path.Combine(_root.PathOf("sessions", "c", "events", "2.json"));
        var theirs = File.ReadAllBytes(taken);

        (await log.TryAppendAsync(2, TestStore.Event(2, "ours"), CancellationToken.None)).Should().BeFalse();

        log.Head.Should().Be(2);
        File.ReadAllBytes(taken).Should().Equal(theirs);
        (await log.TryAppendAsync(3, TestStore.Event(3), CancellationToken.None)).Should().BeTrue();
        (await log.TryAppendAsync(1, TestStore.Event(1, "ours"), CancellationToken.None)).Should().BeFalse();
        Directory.EnumerateFiles(_root.PathOf("sessions", "c", "events")).Should().HaveCount(4);
    }

    [Fact]
    public async Task TryAppendAsync_SeveralEvents_AreStoredUpToAnIdOfAnotherWriter()
    {
        var log = await OpenAsync("c");
        var other = await OpenAsync("c");
        (await log.TryAppendAsync(Events(0, 60), CancellationToken.None)).Should().Be(60);
        (await other.RefreshAsync(59, CancellationToken.None)).Should().Be(59);
        await TestStore.AppendAsync(other, 60, 62);

        (await log.TryAppendAsync(Events(60, 4), CancellationToken.None)).Should().Be(0, "the other has taken the first");
        log.Head.Should().Be(62);
        (await log.TryAppendAsync(Events(63, 4), CancellationToken.None)).Should().Be(4);

        var (events, corrupt) = await TestStore.ReadAllAsync(await OpenAsync("c"));
        events.Select(static stored => stored.Id).Should().Equal(Enumerable.Range(0, 67));
        corrupt.Should().BeEmpty();

        static StoredEvent[] Events(int first, int count) =>
            [.. Enumerable.Range(first, count).Select(static id => StoredEvent.Scan(id, TestStore.Event(id)))];
    }

    [Fact]
    public async Task TryAppendAsync_TwoWritersOneId_OneOfThemHasIt()
    {
        var logs = await Task.WhenAll(OpenAsync("c"), OpenAsync("c"));
        for (var id = 0; id < 200; id++)
        {
            using var both = new Barrier(2);
            var writers = logs.Select((log, writer) => Task.Factory.StartNew(
                () =>
                {
                    both.SignalAndWait();
                    return log.TryAppendAsync(id, TestStore.Event(id, $"writer {writer}"), CancellationToken.None).AsTask();
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap());

            var won = await Task.WhenAll(writers).WaitAsync(TimeSpan.FromSeconds(20));

            won.Count(static isStored => isStored).Should().Be(1);
            var json = File.ReadAllText(_root.PathOf("sessions", "c", "events", $"{id}.json"));
            json.Should().Contain(won[0] ? "writer 0" : "writer 1");
        }

        (await TestStore.ReadAllAsync(await OpenAsync("c"))).Events.Should().HaveCount(200);
    }

    [Fact]
    public async Task ReadAsync_WideGaps_AreSkippedInOneStep()
    {
        Write(3);
        Write(2_000_000_000);
        var log = await OpenAsync("c");

        using var page = await log.ReadAsync(0, log.Head, CancellationToken.None);

        log.Head.Should().Be(2_000_000_000);
        page.Events.Select(static stored => stored.Id).Should().Equal(3, 2_000_000_000);
        page.NextId.Should().Be(2_000_000_001);
        (await log.TryAppendAsync(2_000_000_001, TestStore.Event(2_000_000_001), CancellationToken.None)).Should().BeTrue();
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
    public async Task TryAppendAsync_BehindTheLargestId_IsRefusedWithAReason()
    {
        Write(ConversationPaths.MaxId);
        var log = await OpenAsync("c");

        var appending = () => log.TryAppendAsync(log.Head + 1, TestStore.Event(0), CancellationToken.None).AsTask();

        log.Head.Should().Be(ConversationPaths.MaxId);
        (await TestStore.ReadAllAsync(log)).Events.Should().ContainSingle();
        (await appending.Should().ThrowAsync<StorageException>()).Which.Failure.Should().Be(StorageFailure.IdsExhausted);
        Directory.EnumerateFiles(_root.PathOf("sessions", "c", "events")).Should().ContainSingle();
    }

    [Fact]
    public async Task RefreshAsync_EventsOfAnotherWriter_AreKnownInOrder()
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

    [Fact]
    public async Task ReadAsync_UnsoundFiles_AreReportedAndHideNothingElse()
    {
        var unsound = new Dictionary<int, (byte[] Bytes, string Problem)>
        {
            [1] = ([], "is empty"),
            [2] = ([0x7B, 0x22, 0xFF, 0x22, 0x7D], "is not UTF-8"),
            [3] = ("[]"u8.ToArray(), "is not a JSON object"),
            [4] = ("{\"id\":4}"u8.ToArray(), "has neither an action nor an observation"),
            [5] = (TestStore.Event(6), "holds another event's id"),
            [6] = (TestStore.Event(6)[..^1], "is cut off or not JSON"),
            [7] = (Encoding.UTF8.GetBytes("{\"id\":7,\"action\":\"run\",\"args\":" + new string('[', 5_000)), "is nested too deeply"),
            [8] = ("{\"id\":8,\"action\":\"run\",\"args\":{\"n\":NaN}}"u8.ToArray(), "is cut off or not JSON"),
        };
        for (var id = 0; id < 10; id++)
        {
            Write(id, unsound.TryGetValue(id, out var damage) ? damage.Bytes : null);
        }

        var (events, corrupt) = await TestStore.ReadAllAsync(await OpenAsync("c"));

        events.Select(static stored => stored.Id).Should().Equal(0, 9);
        corrupt.Should().Equal(unsound.Select(static pair => new CorruptEvent(pair.Key, $"events/{pair.Key}.json {pair.Value.Problem}")));
    }

    [Fact]
    public async Task ReadAsync_UnicodeBigAndDeepEvents_ComeBackByteForByte()
    {
        string[] contents =
        [
            "\\u00e9\\ud83d\\ude00\\ud83d",
            "é😀\u2028",
            new string('x', 5_000_000),
            "",
        ];
        var log = await OpenAsync("c");
        for (var id = 0; id < 30; id++)
        {
            await log.TryAppendAsync(id, TestStore.Event(id, contents[id % contents.Length]), CancellationToken.None);
        }

        var deep = Encoding.UTF8
            .GetBytes("{\"id\": 30, \"observation\": \"browse\", \"extras\": {\"axtree_object\": " + new string('[', 900)
                + new string(']', 900) + "}}");
        await log.TryAppendAsync(30, deep, CancellationToken.None);

        var (events, corrupt) = await TestStore.ReadAllAsync(log);

        corrupt.Should().BeEmpty();
        events.Select(static stored => stored.Id).Should().Equal(Enumerable.Range(0, 31));
        events.Take(30)
            .Should()
            .OnlyContain(stored =>
                stored.Json == Encoding.UTF8.GetString(TestStore.Event(stored.Id, contents[stored.Id % contents.Length])));
        events[30].Json.Should().Be(Encoding.UTF8.GetString(deep));
    }

    [Fact]
    public async Task ReadAsync_BigEvents_AreGivenInPortions()
    {
        var log = await OpenAsync("c");
        for (var id = 0; id < 25; id++)
        {
            await log.TryAppendAsync(id, TestStore.Event(id, new string('x', 600_000)), CancellationToken.None);
        }

        using var page = await log.ReadAsync(0, 24, CancellationToken.None);

        page.Events.Sum(static stored => stored.Json.Length).Should().BeInRange(600_000, 2_000_000);
        (await TestStore.ReadAllAsync(log)).Events.Should().HaveCount(25);
    }

    [Fact]
    public async Task ReadAsync_WhileAppending_SeesEachEventOnceItIsTheHead()
    {
        var log = await OpenAsync("c");
        var writing = Task.Factory
            .StartNew(() => TestStore.AppendAsync(log, 0, 499), CancellationToken.None, TaskCreationOptions.LongRunning,
                TaskScheduler.Default)
            .Unwrap();
        var seen = new List<int>();

        while (seen.Count < 500)
        {
            using var page = await log.ReadAsync(seen.Count, log.Head, CancellationToken.None);
            page.Corrupt.Should().BeEmpty();
            seen.AddRange(page.Events.Select(static stored => stored.Id));
            seen.Should().Equal(Enumerable.Range(0, seen.Count));
            await Task.Yield();
            if (writing.IsFaulted)
            {
                await writing;
            }
        }

        await writing.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task ReadAsync_TenThousandEvents_NeedsAsMuchMemoryAsAHundred()
    {
        await TestStore.AppendAsync(await OpenAsync("c"), 0, 9_999);
        var reader = new EventPageReader(new ConversationPaths(_root.Root, TestStore.Key("c")));
        var ids = new StoredIds([.. Enumerable.Range(0, 10_000)]);
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
