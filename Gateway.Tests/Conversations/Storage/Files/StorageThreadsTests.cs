using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Conversations.Storage.Files;

public sealed class StorageThreadsTests : IDisposable
{
    private static readonly ConversationKey s_hanging = TestStore.Key("hanging");
    private static readonly ConversationKey s_other = TestStore.Key("other");

    private readonly FakeTimeProvider _clock = new();
    private readonly CapturedLog _log = new();
    private readonly ManualResetEventSlim _answers = new();
    private readonly StorageThreads _threads;
    private int _started;

    public StorageThreadsTests()
    {
        var options = new FileStorageOptions { MaxThreads = 12 };
        _threads = new StorageThreads(Options.Create(options), _clock,
            LoggerFactory.Create(logging => logging.AddProvider(_log)).CreateLogger<StorageThreads>());
    }

    public void Dispose()
    {
        _answers.Set();
        _threads.Dispose();
        _answers.Dispose();
    }

    [Fact]
    public async Task RunAsync_Calls_BorrowHalfOfThePoolAndThenHaveThreadsOfTheirOwn()
    {
        var lent = Environment.ProcessorCount / 2;
        var hanging = Enumerable.Range(0, lent).Select(n => Hang(TestStore.Key($"hanging-{n}"))).ToList();
        Until(() => Volatile.Read(ref _started) == lent);

        var ran = await WhereAsync();

        ran.Should().Be(("storage", false));
        Thread.CurrentThread.Name.Should().NotBe("storage", "the caller goes on elsewhere");
        _answers.Set();
        await Task.WhenAll(hanging);
        if (lent > 0)
        {
            (await WhereAsync()).IsOfPool.Should().BeTrue("what was borrowed has been given back");
        }
    }

    [Fact]
    public async Task RunAsync_CallThrows_ThrowsTheSame()
    {
        var run = () => _threads
            .RunAsync<int, int>(s_other, StorageCallKind.Read, 0, static _ => throw new IOException("broken"), default)
            .AsTask();

        await run.Should().ThrowAsync<IOException>().WithMessage("broken");
    }

    [Fact]
    public async Task RunAsync_ConversationHangs_OthersGoOnAndItsCallersAreToldInTime()
    {
        var hanging = Enumerable.Range(0, 100).Select(_ => Hang(s_hanging)).ToList();

        (await RunAsync(s_other)).Should().BeTrue();
        hanging.Should().OnlyContain(static call => !call.IsCompleted);
        Until(() => Volatile.Read(ref _started) == StorageThreads.MaxReadsOfAConversation);

        // An append of the same conversation does not wait for its readers.
        (await RunAsync(s_hanging, StorageCallKind.Append)).Should().BeTrue();
        Advance(new FileStorageOptions().ReadTimeout);

        foreach (var call in hanging)
        {
            (await FailureOf(call)).Should().Be(StorageFailure.TimedOut);
        }

        _log.Count("has not answered in time").Should().Be(StorageThreads.MaxReadsOfAConversation);
    }

    [Fact]
    public async Task RunAsync_ManyConversationsHang_ThreadsAreReplacedUpToTheBound()
    {
        var hanging = Enumerable.Range(0, 5).SelectMany(n => new[] { Hang(TestStore.Key($"h{n}")), Hang(TestStore.Key($"h{n}")) }).ToList();
        Until(() => Volatile.Read(ref _started) == 10);

        // A thread whose call began late is not yet known as slow: the call may have to wait for the next look.
        var other = RunAsync(s_other);
        Until(() => other.IsCompleted);
        (await other).Should().BeTrue("ten of twelve threads, and the borrowed ones, hang");
        var lent = Environment.ProcessorCount / 2;
        var more = Enumerable.Range(0, lent + 4).Select(n => Hang(TestStore.Key($"more{n}"))).ToList();
        Until(() => Volatile.Read(ref _started) == 12 + lent);
        var late = RunAsync(s_other);
        Advance(TimeSpan.FromSeconds(1));
        late.IsCompleted.Should().BeFalse("no thread is left");
        _threads.ThreadCount.Should().Be(12);

        _answers.Set();

        (await late.WaitAsync(TestLimits.Step)).Should().BeTrue();
        (await Task.WhenAll(hanging.Concat(more)).WaitAsync(TestLimits.Step)).Should().OnlyContain(static isDone => isDone);
        Until(() => _threads.ThreadCount <= Math.Max(4, 2 * Environment.ProcessorCount));
    }

    /// <summary>Whoever is told that nothing was stored sends it again: that may be said of an append that was never begun alone.</summary>
    [Fact]
    public async Task RunAsync_AppendHangs_ItsCallerHearsThatNobodyKnowsAndThoseBehindItThatNothingWasStored()
    {
        var late = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = _threads.RunAsync(s_hanging, StorageCallKind.Append, this, Hang, default, _ => late.SetResult(true)).AsTask();
        var waiting = _threads.RunAsync(s_hanging, StorageCallKind.Append, this, Hang, default).AsTask();
        Until(() => Volatile.Read(ref _started) == 1);

        Advance(new FileStorageOptions().AppendTimeout);

        (await FailureOf(running)).Should().Be(StorageFailure.Unknown);
        (await FailureOf(waiting)).Should().Be(StorageFailure.TimedOut);
        late.Task.IsCompleted.Should().BeFalse("it has not ended");
        _answers.Set();
        await late.Task.WaitAsync(TestLimits.Step);
        (await RunAsync(s_hanging, StorageCallKind.Append)).Should().BeTrue();
        Volatile.Read(ref _started).Should().Be(1, "the one that waited is never begun");
    }

    [Fact]
    public async Task RunAsync_StoreAnswersAgain_NextCallsAreServed()
    {
        var hanging = Enumerable.Range(0, 3).Select(_ => Hang(s_hanging)).ToList();
        Until(() => Volatile.Read(ref _started) == 2);
        Advance(new FileStorageOptions().ReadTimeout);
        foreach (var call in hanging)
        {
            await FailureOf(call);
        }

        var next = RunAsync(s_hanging);
        next.IsCompleted.Should().BeFalse();
        _answers.Set();

        (await next.WaitAsync(TestLimits.Step)).Should().BeTrue();
        Volatile.Read(ref _started).Should().Be(2, "nobody waited any more for the third");
        await _log.WaitForAsync("has answered what had been given up", 2);
    }

    [Fact]
    public async Task RunAsync_Cancelled_EndsTheWaitOfARunningCallAndDisposesItsResult()
    {
        using var cancelled = new CancellationTokenSource();
        var result = new Result();
        var call = _threads.RunAsync(s_hanging, StorageCallKind.Read, (Test: this, Result: result), static run =>
        {
            Interlocked.Increment(ref run.Test._started);
            run.Test._answers.Wait();
            return run.Result;
        }, cancelled.Token).AsTask();

        Until(() => Volatile.Read(ref _started) == 1);

        await cancelled.CancelAsync();

        await FluentActions.Awaiting(() => call.WaitAsync(TestLimits.Step)).Should().ThrowAsync<OperationCanceledException>();
        _answers.Set();
        await result.Disposed.Task.WaitAsync(TestLimits.Step);
    }

    [Fact]
    public async Task RunAsync_TooManyWait_AreRefused()
    {
        var hanging = Enumerable.Range(0, StorageThreads.MaxReadsOfAConversation + StorageThreads.MaxWaitingOfAConversation)
            .Select(_ => Hang(s_hanging)).ToList();

        (await FailureOf(Hang(s_hanging))).Should().Be(StorageFailure.Busy);

        _answers.Set();
        await Task.WhenAll(hanging).WaitAsync(TestLimits.Step);
    }

    private static async Task<StorageFailure> FailureOf(Task<bool> call) =>
        (await FluentActions.Awaiting(() => call.WaitAsync(TestLimits.Step)).Should().ThrowAsync<StorageException>()).Which.Failure;

    private Task<bool> RunAsync(ConversationKey key, StorageCallKind kind = StorageCallKind.Read) =>
        _threads.RunAsync(key, kind, 0, static _ => true, default).AsTask().WaitAsync(TestLimits.Step);

    private Task<bool> Hang(ConversationKey key) => _threads.RunAsync(key, StorageCallKind.Read, this, Hang, default).AsTask();

    private static bool Hang(StorageThreadsTests test)
    {
        Interlocked.Increment(ref test._started);
        test._answers.Wait();
        return true;
    }

    /// <summary>Lets the ticks pass that a time has.</summary>
    private void Advance(TimeSpan time) => _clock.Advance(time + TimeSpan.FromMilliseconds(100));

    /// <summary>Lets the clock go on, a tick or two for each moment that the threads get, until something is so.</summary>
    private void Until(Func<bool> condition)
    {
        for (var i = 0; i < 100 && !SpinWait.SpinUntil(condition, TimeSpan.FromMilliseconds(50)); i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(60));
        }

        condition().Should().BeTrue();
    }

    private sealed class Result : IDisposable
    {
        public TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose() => Disposed.TrySetResult();
    }

    private ValueTask<(string? Name, bool IsOfPool)> WhereAsync() => _threads.RunAsync(
        s_other, StorageCallKind.Read, 0, static _ => (Thread.CurrentThread.Name, Thread.CurrentThread.IsThreadPoolThread), default);
}
