using Gateway.Primitives;
using Gateway.Tests.Support;

namespace Gateway.Tests.Primitives;

public sealed class AsyncSignalTests
{
    private readonly AsyncSignal _signal = new();

    [Fact]
    public void WaitAsync_SetBefore_CompletesAtOnceAndTakesIt()
    {
        _signal.Set();
        _signal.Set();

        _signal.WaitAsync(CancellationToken.None).IsCompletedSuccessfully.Should().BeTrue();
        _signal.WaitAsync(CancellationToken.None).IsCompleted.Should().BeFalse();
    }

    [Fact]
    public async Task Set_SomeoneWaits_CompletesTheWaitAndIsNotKept()
    {
        var first = _signal.WaitAsync(CancellationToken.None);

        _signal.Set();

        await first.WaitAsync(TestLimits.Step);
        _signal.WaitAsync(CancellationToken.None).IsCompleted.Should().BeFalse();
    }

    [Fact]
    public async Task WaitAsync_Cancelled_ThrowsAndTakesNothing()
    {
        using var cancel = new CancellationTokenSource();
        var cancelled = _signal.WaitAsync(cancel.Token);

        await cancel.CancelAsync();

        await cancelled.Invoking(static task => task.WaitAsync(TestLimits.Step)).Should().ThrowAsync<OperationCanceledException>();
        _signal.Set();
        _signal.WaitAsync(CancellationToken.None).IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public async Task WaitAsync_SetWithinTheLimit_IsTrue()
    {
        var clock = new FakeTimeProvider();
        var waiting = _signal.WaitAsync(TimeSpan.FromSeconds(1), clock, CancellationToken.None);

        _signal.Set();

        (await waiting.WaitAsync(TestLimits.Step)).Should().BeTrue();
    }

    [Fact]
    public async Task WaitAsync_LimitIsOver_IsFalseAndTakesNothing()
    {
        var clock = new FakeTimeProvider();
        var waiting = _signal.WaitAsync(TimeSpan.FromSeconds(1), clock, CancellationToken.None);

        clock.Advance(TimeSpan.FromSeconds(1));

        (await waiting.WaitAsync(TestLimits.Step)).Should().BeFalse();
        _signal.Set();
        (await _signal.WaitAsync(TimeSpan.FromSeconds(1), clock, CancellationToken.None).WaitAsync(TestLimits.Step)).Should().BeTrue();
    }

    [Fact]
    public async Task WaitAsync_CancelledWithinTheLimit_Throws()
    {
        using var cancel = new CancellationTokenSource();
        var waiting = _signal.WaitAsync(TimeSpan.FromSeconds(1), new FakeTimeProvider(), cancel.Token);

        await cancel.CancelAsync();

        await waiting.Invoking(static task => task.WaitAsync(TestLimits.Step)).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public void WaitAsync_SomeoneWaits_IsRefused()
    {
        _ = _signal.WaitAsync(CancellationToken.None);

        _signal.Invoking(static signal => { _ = signal.WaitAsync(CancellationToken.None); }).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public async Task SetAndWaitAsync_ManyThreads_LoseNothing()
    {
        const int Setters = 3;
        const int Sets = 50_000;
        var count = 0;
        var setting = Enumerable.Range(0, Setters).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < Sets; i++)
                {
                    Interlocked.Increment(ref count);
                    _signal.Set();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();

        while (Volatile.Read(ref count) < Setters * Sets)
        {
            await _signal.WaitAsync(CancellationToken.None).WaitAsync(TestLimits.Step);
        }

        await Task.WhenAll(setting).WaitAsync(TestLimits.Step);
    }
}
