using Gateway.Primitives;
using Gateway.Tests.Support;

namespace Gateway.Tests.Primitives;

public sealed class SerialWorkerTests
{
    [Fact]
    public async Task Wake_ManyThreads_OneRunAtATimeAndTheLastWorkIsSeen()
    {
        const int Threads = 4;
        const int Wakes = 50_000;
        var worker = new CountingWorker(Threads * Wakes);

        var wakers = Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < Wakes; i++)
                {
                    worker.Add();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();

        await Task.WhenAll(wakers).WaitAsync(TestLimits.Step);
        await worker.SawAll.WaitAsync(TestLimits.Step);
        worker.Overlapped.Should().BeFalse();
    }

    [Fact]
    public async Task Stop_WhileThreadsWake_IsSaidOnceAndNothingRunsAfterIt()
    {
        for (var round = 0; round < 500; round++)
        {
            var worker = new CountingWorker(int.MaxValue);
            var waking = Task.Run(() =>
            {
                for (var i = 0; i < 200; i++)
                {
                    worker.Add();
                }
            });

            worker.Stop();
            worker.Stop();
            await waking.WaitAsync(TestLimits.Step);
            await worker.Ended.WaitAsync(TestLimits.Step);

            worker.IsStopped.Should().BeTrue();
            worker.Overlapped.Should().BeFalse();
            worker.RanAfterTheEnd.Should().BeFalse();
        }
    }

    [Fact]
    public void Wake_Idle_AllocatesNothing()
    {
        var worker = new UnscheduledWorker();
        worker.Wake();
        worker.Execute();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            worker.Wake();
            worker.Execute();
        }

        GC.GetAllocatedBytesForCurrentThread().Should().Be(before);
        worker.Runs.Should().Be(1_001);
    }

    private sealed class UnscheduledWorker : SerialWorker
    {
        public int Runs { get; private set; }

        protected override ValueTask RunAsync()
        {
            Runs++;
            return ValueTask.CompletedTask;
        }

        protected override void OnFault(Exception exception) => throw exception;

        protected override void Schedule()
        {
        }
    }

    /// <summary>Looks at a number that others raise, sometimes waiting on the way.</summary>
    private sealed class CountingWorker(int expected) : SerialWorker
    {
        private readonly TaskCompletionSource _sawAll = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;
        private int _inside;
        private int _runs;

        public Task SawAll => _sawAll.Task;

        public Task Ended => _ended.Task;

        public bool Overlapped { get; private set; }

        public bool RanAfterTheEnd { get; private set; }

        public void Add()
        {
            Interlocked.Increment(ref _count);
            Wake();
        }

        protected override async ValueTask RunAsync()
        {
            Overlapped |= Interlocked.Increment(ref _inside) != 1;
            RanAfterTheEnd |= _ended.Task.IsCompleted;
            var seen = Volatile.Read(ref _count);
            if (++_runs % 3 == 0)
            {
                await Task.Yield();
            }

            if (seen == expected)
            {
                _sawAll.TrySetResult();
            }

            Interlocked.Decrement(ref _inside);
        }

        protected override void OnFault(Exception exception) => _sawAll.TrySetException(exception);

        protected override void OnStopped() => _ended.TrySetResult();
    }
}
