using System.Text;

using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage;

/// <summary>What the log of a conversation does, in every store.</summary>
public abstract class EventLogContract : StoreContract
{
    private protected EventLogContract(StorageKind kind)
        : base(kind)
    {
    }

    [Fact]
    public async Task Open_UnknownConversation_IsEmptyAndWritesNothing()
    {
        var log = await Store.OpenAsync("new");

        log.Head.Should().Be(-1);
        using var page = await log.ReadAsync(0, int.MaxValue, CancellationToken.None);
        page.Events.Should().BeEmpty();
        page.NextId.Should().Be(0);
        (await Store.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task TryAppendAsync_ManyEvents_AreReadBackInOrder()
    {
        var log = await Store.OpenAsync("c");

        await TestStore.AppendAsync(log, 0, 59);

        log.Head.Should().Be(59);
        foreach (var reader in new[] { log, await Store.OpenAsync("c") })
        {
            var (events, corrupt) = await TestStore.ReadAllAsync(reader);
            corrupt.Should().BeEmpty();
            events.Should().Equal(Enumerable.Range(0, 60).Select(static id => (id, Encoding.UTF8.GetString(TestStore.Event(id)))));
        }
    }

    [Fact]
    public async Task TryAppendAsync_WithSourceIds_KeepsThemWhereTheStoreDoes()
    {
        var log = await Store.OpenAsync("c");
        var events = Enumerable.Range(0, 3)
            .Select(static id => new StoredEvent(id, TestStore.Event(id), default) { SourceId = id == 1 ? null : $"v1-{id}" })
            .ToList();

        (await log.TryAppendAsync(events, CancellationToken.None)).Should().Be(3);

        (await TestStore.ReadAllAsync(await Store.OpenAsync("c"))).Events.Should().HaveCount(3);
        (await log.ReadSourceIdsAsync(0, CancellationToken.None)).Should().Equal(log.KeepsSourceIds ? [(0, "v1-0"), (2, "v1-2")] : []);
    }

    [Fact]
    public async Task ReadAsync_Bounds_AreKept()
    {
        var log = await Store.OpenAsync("c");
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
        var log = await Store.OpenAsync("c");
        await TestStore.AppendAsync(log, 0, 59);

        using var page = await log.ReadAsync(from, through, CancellationToken.None);

        page.Events.Should().BeEmpty();
        page.NextId.Should().Be(expectedNext);
    }

    [Fact]
    public async Task TryAppendAsync_IdOfAnotherWriter_IsRefusedAndKnown()
    {
        var log = await Store.OpenAsync("c");
        var other = await Store.OpenAsync("c");
        await TestStore.AppendAsync(log, 0, 1);
        await TestStore.AppendAsync(other, 2, 2);

        (await log.TryAppendAsync(2, TestStore.Event(2, "ours"), CancellationToken.None)).Should().BeFalse();

        log.Head.Should().Be(2);
        (await log.TryAppendAsync(3, TestStore.Event(3), CancellationToken.None)).Should().BeTrue();
        (await log.TryAppendAsync(1, TestStore.Event(1, "ours"), CancellationToken.None)).Should().BeFalse();
        (await TestStore.ReadAllAsync(await Store.OpenAsync("c"))).Events
            .Should().Equal(Enumerable.Range(0, 4).Select(static id => (id, Encoding.UTF8.GetString(TestStore.Event(id)))));
    }

    [Fact]
    public async Task TryAppendAsync_SeveralEvents_AreStoredUpToAnIdOfAnotherWriter()
    {
        var log = await Store.OpenAsync("c");
        var other = await Store.OpenAsync("c");
        (await log.TryAppendAsync(Events(0, 60), CancellationToken.None)).Should().Be(60);
        (await other.RefreshAsync(59, CancellationToken.None)).Should().Be(59);
        await TestStore.AppendAsync(other, 60, 62);

        (await log.TryAppendAsync(Events(60, 4), CancellationToken.None)).Should().Be(0, "the other has taken the first");
        log.Head.Should().Be(62);
        (await log.TryAppendAsync(Events(63, 4), CancellationToken.None)).Should().Be(4);

        var (events, corrupt) = await TestStore.ReadAllAsync(await Store.OpenAsync("c"));
        events.Select(static stored => stored.Id).Should().Equal(Enumerable.Range(0, 67));
        corrupt.Should().BeEmpty();

        static StoredEvent[] Events(int first, int count) =>
            [.. Enumerable.Range(first, count).Select(static id => StoredEvent.Scan(id, TestStore.Event(id)))];
    }

    [Fact]
    public async Task TryAppendAsync_SeveralWithGapsAndDamage_KeepTheirIdsAndBytes()
    {
        var log = await Store.OpenAsync("c");
        StoredEvent[] events =
        [
            StoredEvent.Scan(3, TestStore.Event(3)),
            new StoredEvent(4, "{"u8.ToArray(), default),
            StoredEvent.Scan(90, TestStore.Event(90)),
        ];

        (await log.TryAppendAsync(events, CancellationToken.None)).Should().Be(3);

        var (read, corrupt) = await TestStore.ReadAllAsync(await Store.OpenAsync("c"));
        read.Select(static stored => stored.Id).Should().Equal(3, 90);
        corrupt.Should().ContainSingle().Which.Id.Should().Be(4);
        (await log.TryAppendAsync([StoredEvent.Scan(50, TestStore.Event(50))], CancellationToken.None))
            .Should().Be(0, "ids only grow");
    }

    [Fact]
    public async Task TryAppendAsync_TwoWritersOneId_OneOfThemHasIt()
    {
        var logs = await Task.WhenAll(Store.OpenAsync("c"), Store.OpenAsync("c"));
        var expected = new List<(int, string)>();
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

            var won = await Task.WhenAll(writers).WaitAsync(TestLimits.Step);

            won.Count(static isStored => isStored).Should().Be(1);
            expected.Add((id, Encoding.UTF8.GetString(TestStore.Event(id, won[0] ? "writer 0" : "writer 1"))));
        }

        (await TestStore.ReadAllAsync(await Store.OpenAsync("c"))).Events.Should().Equal(expected);
    }

    [Fact]
    public async Task ReadAsync_WideGaps_AreSkippedInOneStep()
    {
        await PutAsync(3);
        await PutAsync(2_000_000_000);
        var log = await Store.OpenAsync("c");

        using var page = await log.ReadAsync(0, log.Head, CancellationToken.None);

        log.Head.Should().Be(2_000_000_000);
        page.Events.Select(static stored => stored.Id).Should().Equal(3, 2_000_000_000);
        page.NextId.Should().Be(2_000_000_001);
        (await log.TryAppendAsync(2_000_000_001, TestStore.Event(2_000_000_001), CancellationToken.None)).Should().BeTrue();
    }

    [Fact]
    public async Task TryAppendAsync_BehindTheLargestId_IsRefusedWithAReason()
    {
        await PutAsync(EventPage.MaxId);
        var log = await Store.OpenAsync("c");

        var appending = () => log.TryAppendAsync(log.Head + 1, TestStore.Event(0), CancellationToken.None).AsTask();

        log.Head.Should().Be(EventPage.MaxId);
        (await TestStore.ReadAllAsync(log)).Events.Should().ContainSingle();
        (await appending.Should().ThrowAsync<StorageException>()).Which.Failure.Should().Be(StorageFailure.IdsExhausted);
        (await TestStore.ReadAllAsync(await Store.OpenAsync("c"))).Events.Should().ContainSingle();
    }

    [Fact]
    public async Task ReadAsync_UnsoundEvents_AreReportedAndHideNothingElse()
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
            await PutAsync(id, unsound.TryGetValue(id, out var damage) ? damage.Bytes : null);
        }

        var (events, corrupt) = await TestStore.ReadAllAsync(await Store.OpenAsync("c"));

        events.Select(static stored => stored.Id).Should().Equal(0, 9);
        corrupt.Should().Equal(unsound.Select(pair => new CorruptEvent(pair.Key, $"{Store.NameOf(pair.Key)} {pair.Value.Problem}")));
        using var page = await (await Store.OpenAsync("c")).ReadAsync(0, 9, CancellationToken.None);
        foreach (var (id, (bytes, _)) in unsound)
        {
            page.TryGetCorruptBytes(id, out var stored).Should().BeTrue("who copies it takes it as it is");
            stored.Span.SequenceEqual(bytes).Should().BeTrue();
        }

        page.TryGetCorruptBytes(9, out _).Should().BeFalse("it is sound");
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
        var log = await Store.OpenAsync("c");
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
        var log = await Store.OpenAsync("c");
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
        var log = await Store.OpenAsync("c");
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

        await writing.WaitAsync(TestLimits.Step);
    }

    [Fact]
    public async Task RefreshAsync_EventsOfAnotherWriter_AreKnown()
    {
        var log = await Store.OpenAsync("c");
        await TestStore.AppendAsync(await Store.OpenAsync("c"), 0, 9);

        (await log.RefreshAsync(claimedId: -1, CancellationToken.None)).Should().Be(9);
        (await log.RefreshAsync(claimedId: 30, CancellationToken.None)).Should().Be(9, "nobody has stored what is claimed");

        (await TestStore.ReadAllAsync(log)).Events.Select(static stored => stored.Id).Should().Equal(Enumerable.Range(0, 10));
    }

    [Fact]
    public async Task Watch_EventsOfAnotherWriter_AreTold()
    {
        var log = await Store.OpenAsync("c");
        var told = new SemaphoreSlim(0);
        using var watch = log.Watch(() => told.Release());

        foreach (var id in new[] { 0, 1 })
        {
            await TestStore.AppendAsync(await Store.OpenAsync("c"), id, id);
            while (log.Head < id)
            {
                (await told.WaitAsync(TestLimits.Step)).Should().BeTrue();
            }
        }

        (await TestStore.ReadAllAsync(log)).Events.Should().HaveCount(2);
    }

    private Task PutAsync(int id, byte[]? body = null) => Store.PutEventAsync("c", id, body ?? TestStore.Event(id));
}
