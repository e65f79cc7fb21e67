using System.Collections.Concurrent;

using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Tests.Support;
using Gateway.Tools.Copy;

namespace Gateway.Tests.Tools.Copy;

/// <summary>A whole store in another one, of both kinds in both directions.</summary>
public sealed class StoreCopierTests : IAsyncLifetime
{
    private static readonly CopyOptions s_copy = new(VerifyOnly: false, Renew: false, Jobs: 4);
    private static readonly CopyOptions s_verify = s_copy with { VerifyOnly = true };

    private readonly ConcurrentQueue<CopyProblem> _problems = [];
    private TestedFiles? _files;
    private TestedStore? _database;

    private TestedFiles Files => _files ?? throw new InvalidOperationException("The test has not begun.");

    private TestedStore Database => _database ?? throw new InvalidOperationException("The test has not begun.");

    private static CancellationToken None => CancellationToken.None;

    public async Task InitializeAsync()
    {
        _files = (TestedFiles)await TestedStore.CreateAsync(StorageKind.Files);
        _database = await TestedStore.CreateAsync(StorageKind.Postgres);
    }

    public async Task DisposeAsync()
    {
        await Files.DisposeAsync();
        await Database.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_GapsDamageJournalsAndUsers_AreAllInTheTargetAndWrittenOnce(bool toDatabase)
    {
        var (source, target) = Sides(toDatabase);
        await TestStore.AppendAsync(await source.OpenAsync("long"), 0, 1_234);
        await TestStore.AppendAsync(await source.OpenAsync("long", "ada"), 0, 2);
        await source.PutEventAsync("gaps", 2, TestStore.Event(2));
        await source.PutEventAsync("gaps", 3, "{\"id\":3}"u8.ToArray());
        await source.PutEventAsync("gaps", 4, []);
        await source.PutEventAsync("gaps", 5_000, TestStore.Event(5_000));

        await source.PutMetadataAsync("gaps", "{ \"title\": ");
        await source.PutConversationAsync("nothing-said");
        await source.Contents.TryWriteMetadataAsync(TestStore.Key("long", "ada"), "{ }"u8.ToArray(), null, None);
        await source.Contents.TryWriteDocumentAsync(UserDocument.Secrets, TestStore.Key("ada").Id, "{ \"a\": 1}"u8.ToArray(), null, None);
        await source.Contents.TryWriteDocumentAsync(UserDocument.Settings, null, "[]"u8.ToArray(), null, None);
        await source.Journals.Open(TestStore.Key("long"), "j.jsonl").AppendAsync([.. Lines(2_500)], None);

        var first = await RunAsync(source, target, s_copy);
        var second = await RunAsync(source, target, s_copy);

        _problems.Should().BeEmpty();
        (first.Conversations, first.Moved, first.Compared, first.Damaged, first.Documents).Should().Be((4, 1_242, 1_242, 2, 5));
        (second.Moved, second.Compared, second.Documents).Should().Be((0, 1_242, 5));
        (await TestStore.ReadAllAsync(await target.OpenAsync("gaps"))).Corrupt.Select(static one => one.Id).Should().Equal(3, 4);
        (await target.Contents.ReadMetadataAsync(TestStore.Key("gaps"), None)).Should().Equal("{ \"title\": "u8.ToArray());
        (await target.Journals.Open(TestStore.Key("long"), "j.jsonl").ReadAsync(None).ToListAsync()).Should().Equal(Lines(2_500));
        (await target.Contents.ReadDocumentAsync(UserDocument.Settings, null, None)).Should().Equal("[]"u8.ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_WhatCameSince_IsAddedAndRenewedWhenAsked(bool toDatabase)
    {
        var (source, target) = Sides(toDatabase);
        var log = await source.OpenAsync("c");
        await TestStore.AppendAsync(log, 0, 30);
        await source.Journals.Open(TestStore.Key("c"), "j.jsonl").AppendAsync([.. Lines(3)], None);
        await WriteMetadataAsync(source, "{\"a\":1}", null);
        await RunAsync(source, target, s_copy);

        await TestStore.AppendAsync(log, 31, 60);
        await source.Journals.Open(TestStore.Key("c"), "j.jsonl").AppendAsync(["more"], None);
        await WriteMetadataAsync(source, "{\"a\":2}", "{\"a\":1}");
        var second = await RunAsync(source, target, s_copy);
        var told = TakeProblems();
        await source.Journals.Open(TestStore.Key("c"), "j.jsonl").ReplaceAsync(["anew"], None);
        await RunAsync(source, target, s_copy);
        var toldOfJournal = TakeProblems();
        await RunAsync(source, target, s_copy with { Renew = true });

        second.Moved.Should().Be(30);
        told.Should().Equal(new CopyProblem("conversation c", "the metadata of the target differ"));
        toldOfJournal.Should().Equal(new CopyProblem("conversation c", "the journal j.jsonl is another one in the target"));
        _problems.Should().BeEmpty();
        (await RunAsync(source, target, s_verify)).Problems.Should().Be(0);
    }

    [Theory]
    [InlineData(true, "event 4 is another one in the target")]
    [InlineData(true, "the target has event 10, the source none after 9")]
    [InlineData(true, "the target has no event 4")]
    [InlineData(true, "the target has event 4, the source has not")]
    [InlineData(false, "event 4 is another one in the target")]
    [InlineData(false, "the target has event 10, the source none after 9")]
    [InlineData(false, "the target has no event 4")]
    [InlineData(false, "the target has event 4, the source has not")]
    public async Task Run_AnotherConversationInThePlace_IsToldAndLeftAsItIs(bool toDatabase, string problem)
    {
        var (source, target) = Sides(toDatabase);
        await TestStore.AppendAsync(await source.OpenAsync("c"), 0, 9);
        await WriteMetadataAsync(source, "{}", null);
        for (var id = 0; id < (problem.Contains("event 10") ? 11 : 6); id++)
        {
            await target.PutEventAsync("c", id, TestStore.Event(id, id == 4 && problem.StartsWith("event 4") ? "theirs" : "text"));
        }

        if (problem.EndsWith("event 4") || problem.StartsWith("the target has event 4"))
        {
            await (problem.EndsWith("event 4") ? target : source).RemoveEventAsync("c", 4);
        }

        var before = (await TestStore.ReadAllAsync(await target.OpenAsync("c"))).Events;
        var run = await RunAsync(source, target, s_copy with { Renew = true });

        _problems.Should().Equal(new CopyProblem("conversation c", problem));
        run.Moved.Should().Be(0);
        (await TestStore.ReadAllAsync(await target.OpenAsync("c"))).Events.Should().Equal(before);
        (await target.Contents.ReadMetadataAsync(TestStore.Key("c"), None)).Should().BeNull("nothing else of it is touched");
    }

    [Fact]
    public async Task Run_VerifyOnly_WritesNothingAndTellsWhatIsMissing()
    {
        await TestStore.AppendAsync(await Files.OpenAsync("c"), 0, 9);
        await WriteMetadataAsync(Files, "{}", null);
        await Files.Contents.TryWriteMetadataAsync(TestStore.Key("named"), "{}"u8.ToArray(), null, None);
        await Database.PutConversationAsync("other");

        var run = await RunAsync(Files, Database, s_verify);

        _problems.Should().BeEquivalentTo(
        [
            new CopyProblem("conversation c", "the target has no event 0"),
            new CopyProblem("conversation named", "the target has no metadata"),
        ]);
        run.TargetOnly.Should().Be(1);
        (await Database.CountAsync()).Should().Be(1);
    }

    [Fact]
    public async Task Run_EventThatAPageFileHasLost_IsToldAndTheRestMoved()
    {
        await TestStore.AppendAsync(await Files.OpenAsync("c"), 0, 24);
        await Files.RemoveEventAsync("c", 3);
        await File.WriteAllTextAsync(Path.Join(Files.Root, "sessions/c/event_cache/0-25.json"), "[");

        foreach (var options in new[] { s_copy, s_copy, s_verify })
        {
            await RunAsync(Files, Database, options);
            TakeProblems().Should().Equal(new CopyProblem(
                "conversation c", "events/3.json is missing and event_cache/0-25.json is damaged; it was not moved"));
        }

        (await TestStore.ReadAllAsync(await Database.OpenAsync("c"))).Events.Select(static stored => stored.Id)
            .Should().Equal(Enumerable.Range(0, 25).Where(static id => id != 3));
    }

    /// <summary>What follows it can only be added behind it.</summary>
    [Fact]
    public async Task Run_EventThatMayNotBeRead_EndsTheConversationUntilItMay()
    {
        await TestStore.AppendAsync(await Files.OpenAsync("c"), 0, 9);
        await WriteMetadataAsync(Files, "{}", null);
        var log = new ShutLog(await Files.OpenAsync("c"), shutId: 4);
        var shut = Files.Whole with { Logs = log };

        await RunAsync(shut, Database.Whole, s_copy);

        TakeProblems().Should().Equal(
            new CopyProblem("conversation c", "event 4 cannot be read: access denied; it and what follows were not moved"));
        (await Database.OpenAsync("c")).Head.Should().Be(3);

        log.Open();
        (await RunAsync(shut, Database.Whole, s_copy)).Moved.Should().Be(6);
        _problems.Should().BeEmpty();
    }

    /// <summary>As by the last statement of a run that was killed, which the database ends later.</summary>
    [Theory]
    [InlineData("text", null)]
    [InlineData("theirs", "event 1 is another one in the target")]
    public async Task Run_SomebodyElseWritesTheSameMeanwhile_GoesOnBehindIt(string theirs, string? problem)
    {
        await TestStore.AppendAsync(await Files.OpenAsync("c"), 0, 9);
        var late = new LateWriter(Database.Logs, async () =>
        {
            await Database.PutEventAsync("c", 0, TestStore.Event(0));
            await Database.PutEventAsync("c", 1, TestStore.Event(1, theirs));
        });

        var run = await RunAsync(Files.Whole, Database.Whole with { Logs = late }, s_copy);

        _problems.Should().Equal(problem is null ? [] : [new CopyProblem("conversation c", problem)]);
        run.Moved.Should().Be(problem is null ? 8 : 0);
    }

    [Fact]
    public async Task Run_FromDatabaseToDatabase_CarriesTheIdsOfV1()
    {
        await using var other = await TestedStore.CreateAsync(StorageKind.Postgres);
        var log = await Database.OpenAsync("c");
        await log.TryAppendAsync([FromV1(0, "a"), FromV1(1, null), FromV1(2, "b")], None);
        await RunAsync(Database, other, s_copy);
        await log.TryAppendAsync([FromV1(3, "c")], None);

        await RunAsync(Database, other, s_copy);

        _problems.Should().BeEmpty();
        (await (await other.OpenAsync("c")).ReadSourceIdsAsync(0, None)).Should().Equal((0, "a"), (2, "b"), (3, "c"));
    }

    [Fact]
    public async Task Run_SameEventsWithOtherIdsOfV1_AreTold()
    {
        await using var other = await TestedStore.CreateAsync(StorageKind.Postgres);
        await (await Database.OpenAsync("c")).TryAppendAsync([FromV1(0, "a"), FromV1(1, "b")], None);
        await (await other.OpenAsync("c")).TryAppendAsync([FromV1(0, "a"), FromV1(1, null)], None);

        await RunAsync(Database, other, s_verify);

        _problems.Should().Equal(new CopyProblem("conversation c", "event 1 has another id of V1 in the target"));
    }

    [Fact]
    public async Task Run_TargetThatIsAway_EndsTheRun()
    {
        var run = await FailAsync(new StorageException(StorageFailure.Unavailable, "the store cannot be reached"));

        await run.Should().ThrowAsync<StorageException>();
        _problems.Should().BeEmpty("what ends the run is told once");
    }

    [Fact]
    public async Task Run_FailureOfOneConversation_IsToldAndTheOthersAreMoved()
    {
        var run = await FailAsync(new StorageException(StorageFailure.AccessDenied, "access to the store was denied"));

        await run.Should().NotThrowAsync();
        _problems.Should().Equal(new CopyProblem("conversation c", "access to the store was denied"));
        (await Database.Contents.ReadMetadataAsync(TestStore.Key("d"), None)).Should().NotBeNull();
    }

    /// <summary>The recordings' stores, each as one user's, to the database and back.</summary>
    [Fact]
    public async Task Run_RecordedStoresThereAndBack_AreTheSameByteForByte()
    {
        foreach (var name in Recording.WithStore())
        {
            Lay(new Recording(name).StoreAfter, name.Replace('/', '-').Replace('.', '_'));
        }

        await using var back = new TestedFiles();
        await RunAsync(Files, Database, s_copy);
        await RunAsync(Database, back, s_copy);

        _problems.Should().BeEmpty();
        var paths = Directory.EnumerateFiles(Files.Root, "*.json", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Files.Root, path))
            .Where(static path => !path.Contains("event_cache") && !path.EndsWith("/exp_config.json")).ToList();
        paths.Should().HaveCountGreaterThan(1_000);
        paths.Where(path => !File.ReadAllBytes(Path.Join(Files.Root, path))
            .SequenceEqual(File.ReadAllBytes(Path.Join(back.Root, path)))).Should().BeEmpty();
        (await RunAsync(Files, back, s_verify)).Problems.Should().Be(0);
    }

    /// <summary>A run in which the first append fails.</summary>
    private async Task<Func<Task>> FailAsync(StorageException failure)
    {
        await TestStore.AppendAsync(await Files.OpenAsync("c"), 0, 9);
        await Files.Contents.TryWriteMetadataAsync(TestStore.Key("d"), "{}"u8.ToArray(), null, None);
        var failing = Database.Whole with { Logs = new LateWriter(Database.Logs, () => Task.FromException(failure)) };
        return () => RunAsync(Files.Whole, failing, s_copy with { Jobs = 1 });
    }

    private static StoredEvent FromV1(int id, string? sourceId) =>
        new StoredEvent(id, TestStore.Event(id), default) with { SourceId = sourceId };

    private static IEnumerable<string> Lines(int count) => Enumerable.Range(0, count).Select(static n => $"line {n}");

    private static async Task WriteMetadataAsync(TestedStore store, string content, string? before) =>
        (await store.Contents.TryWriteMetadataAsync(
            TestStore.Key("c"), System.Text.Encoding.UTF8.GetBytes(content),
            before is null ? null : DocumentBytes.Version(System.Text.Encoding.UTF8.GetBytes(before)), None)).Should().BeTrue();

    private void Lay(string store, string user)
    {
        foreach (var file in Directory.EnumerateFiles(store, "*", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(store, file);
            var target = path.StartsWith("sessions/") ? $"conversations/{path["sessions/".Length..]}" : path;
            var laid = new FileInfo(Path.Join(Files.Root, "users", user, target));
            laid.Directory!.Create();
            File.Copy(file, laid.FullName);
        }
    }

    private (TestedStore Source, TestedStore Target) Sides(bool toDatabase) => toDatabase ? (Files, Database) : (Database, Files);

    private Task<CopyProgress> RunAsync(TestedStore source, TestedStore target, CopyOptions options) =>
        RunAsync(source.Whole, target.Whole, options);

    private async Task<CopyProgress> RunAsync(WholeStore source, WholeStore target, CopyOptions options)
    {
        var progress = new CopyProgress(_problems.Enqueue);
        await new StoreCopier(source, target, options, progress).RunAsync(None).WaitAsync(TestLimits.Slow);
        return progress;
    }

    private List<CopyProblem> TakeProblems()
    {
        List<CopyProblem> told = [.. _problems];
        _problems.Clear();
        return told;
    }
}
