using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Conversations.Storage.Files;

/// <summary>Whether a log must look at the disk. The clock stands still, so nothing comes of the watcher's own rounds.</summary>
public sealed class LogWatcherTests : IDisposable
{
    private readonly TempStore _root = TempStore.Empty();
    private readonly FakeTimeProvider _clock = new();
    private readonly ManualResetEventSlim _answers = new();
    private readonly StorageThreads _threads;
    private readonly LogWatcher _watcher;
    private readonly FileEventLogStore _logs;

    public LogWatcherTests()
    {
        var options = Options.Create(new FileStorageOptions { Root = _root.Root });
        _threads = new StorageThreads(options, _clock, NullLogger<StorageThreads>.Instance);
        _watcher = new LogWatcher(options, _threads, _clock, NullLogger<LogWatcher>.Instance);
        _logs = new FileEventLogStore(options, _threads, _watcher, _clock, NullLogger<FileEventLog>.Instance);
    }

    public void Dispose()
    {
        _answers.Set();
        _watcher.Dispose();
        _threads.Dispose();
        _answers.Dispose();
        _root.Dispose();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public async Task IsCurrent_AnotherWriterAppends_IsFalseAtOnceAndTrueWhenTheLogHasIt(int head)
    {
        Directory.CreateDirectory(_root.PathOf("sessions", "c"));
        await TestStore.AppendAsync(await OtherAsync(), 0, head);
        var log = await OpenAsync();
        using var watch = _watcher.Add(log);
        Until(() => watch.IsCurrent);

        await TestStore.AppendAsync(await OtherAsync(), head + 1, head + 1);

        watch.IsCurrent.Should().BeFalse("the kernel has told of it, and nobody has looked");
        Until(() => watch.IsCurrent);
        log.Head.Should().Be(head + 1, "asking has had it looked for");
    }

    [Fact]
    public async Task IsCurrent_EventBeyondAGap_IsFalseUntilTheLogHasIt()
    {
        var log = await OpenAsync();
        await TestStore.AppendAsync(log, 0, 1);
        using var watch = _watcher.Add(log);
        Until(() => watch.IsCurrent);

        await TestStore.AppendAsync(await OtherAsync(), 9, 9);
        watch.IsCurrent.Should().BeFalse();
        await _threads.RunAsync(log.Key, StorageCallKind.Read, log, static log => log.Discover(claimedId: -1), CancellationToken.None);

        watch.IsCurrent.Should().BeFalse("what follows the head is not there");
        (await log.RefreshAsync(9, CancellationToken.None)).Should().Be(9);
        Until(() => watch.IsCurrent);
    }

    [Fact]
    public async Task IsCurrent_EventsFolderDeleted_IsFalseUntilItHasBeenLookedFor()
    {
        var log = await OpenAsync();
        await TestStore.AppendAsync(log, 0, 0);
        using var watch = _watcher.Add(log);
        Until(() => watch.IsCurrent);

        Directory.Delete(log.Paths.Events, recursive: true);

        watch.IsCurrent.Should().BeFalse();
    }

    [Fact]
    public async Task RefreshAsync_WatchedLogAndDiskHangs_AnswersAtOnce()
    {
        var log = await OpenAsync();
        await TestStore.AppendAsync(log, 0, 4);
        using var watching = log.Watch(static () => { });
        var inARow = 0;
        Until(() => (inARow = log.RefreshAsync(1_000, CancellationToken.None).AsTask().IsCompleted ? inARow + 1 : 0) == 20);
        var hanging = Enumerable.Range(0, StorageThreads.MaxReadsOfAConversation).Select(_ => HangAsync(log)).ToList();

        var refresh = log.RefreshAsync(1_000, CancellationToken.None).AsTask();

        refresh.IsCompleted.Should().BeTrue();
        (await refresh).Should().Be(4);
        _answers.Set();
        await Task.WhenAll(hanging).WaitAsync(TestLimits.Step);
    }

    private static void Until(Func<bool> condition) => SpinWait.SpinUntil(condition, TestLimits.Step).Should().BeTrue();

    private async Task<FileEventLog> OpenAsync() =>
        (FileEventLog)await _logs.OpenAsync(TestStore.Key("c"), CancellationToken.None);

    /// <summary>As another process has it.</summary>
    private async Task<FileEventLog> OtherAsync() =>
        (FileEventLog)await TestStore.Logs(_root.Root).OpenAsync(TestStore.Key("c"), CancellationToken.None);

    private Task<bool> HangAsync(FileEventLog log) => _threads.RunAsync(log.Key, StorageCallKind.Read, this, static test =>
    {
        test._answers.Wait();
        return true;
    }, CancellationToken.None).AsTask();
}
