using System.Threading.Channels;

namespace Gateway.Tools.Shadow.Compare;

/// <summary>
/// Compares what waits, a few at a time, and tells what came of it. <see cref="Add"/> may be called from any thread and never waits; the
/// workers are its own and end with it.
/// </summary>
internal sealed class ComparisonRunner(
    Func<ComparisonJob, CancellationToken, Task<ComparisonOutcome>> compare,
    ShadowResults results,
    ShadowSwitch shadowSwitch,
    CpuBudget cpu,
    ShadowLimits limits,
    TimeProvider timeProvider) : IDisposable
{
    // A comparison waits this long for processor time; then it is dropped.
    private static readonly TimeSpan s_cpuPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_cpuLook = TimeSpan.FromMilliseconds(100);

    // Full: the newest is not compared, which is counted. Add says so.
    private readonly Channel<ComparisonJob> _jobs =
        Channel.CreateBounded<ComparisonJob>(new BoundedChannelOptions(limits.MaxComparisons) { FullMode = BoundedChannelFullMode.Wait });

    private readonly CancellationTokenSource _stop = new();
    private Task _working = Task.CompletedTask;
    private int _pending;

    /// <summary>How many are not done yet.</summary>
    public int Pending => Volatile.Read(ref _pending);

    public void Start(OwnThreads threads) =>
        _working = Task.WhenAll(Enumerable.Range(0, limits.Workers).Select(_ => threads.RunAsync(WorkAsync)));

    public void Add(ComparisonJob job)
    {
        Interlocked.Increment(ref _pending);
        if (!_jobs.Writer.TryWrite(job))
        {
            Drop(job, DropReason.QueueFull);
        }
    }

    /// <summary>Takes nothing more, and lets what waits be done as far as the limit allows.</summary>
    public async Task StopAsync(TimeSpan limit)
    {
        _jobs.Writer.TryComplete();
        _stop.CancelAfter(limit);
        await _working;
        while (_jobs.Reader.TryRead(out var left))
        {
            Drop(left, DropReason.Stopped);
        }
    }

    /// <summary>After <see cref="StopAsync"/>.</summary>
    public void Dispose() => _stop.Dispose();

    private async Task WorkAsync()
    {
        try
        {
            await foreach (var job in _jobs.Reader.ReadAllAsync(_stop.Token))
            {
                await DoAsync(job);
            }
        }
        catch (OperationCanceledException)
        {
            // The limit of the end is over.
        }
    }

    private async Task DoAsync(ComparisonJob job)
    {
        if (!shadowSwitch.IsOn)
        {
            Drop(job, DropReason.TurnedOff);
            return;
        }

        ComparisonOutcome outcome;
        try
        {
            if (!await HasCpuAsync())
            {
                Drop(job, DropReason.Cpu);
                return;
            }

            outcome = await compare(job, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            Drop(job, DropReason.Stopped);
            return;
        }
        catch (Exception exception)
        {
            // One comparison must not end the others.
            outcome = new ComparisonOutcome([Finding.OfError(Finding.Failed, $"{exception.GetType().Name}: {exception.Message}")]);
        }

        if (outcome.Dropped is { } reason)
        {
            Drop(job, reason);
            return;
        }

        await results.AddAsync(job, outcome);
        Free(job);
    }

    private async Task<bool> HasCpuAsync()
    {
        var started = timeProvider.GetTimestamp();
        while (!cpu.IsLeft)
        {
            if (timeProvider.GetElapsedTime(started) > s_cpuPatience)
            {
                return false;
            }

            await Task.Delay(s_cpuLook, timeProvider, _stop.Token);
        }

        return true;
    }

    private void Drop(ComparisonJob job, DropReason reason)
    {
        results.Drop(reason);
        Free(job);
    }

    private void Free(ComparisonJob job)
    {
        results.Free(job.Bytes);
        Interlocked.Decrement(ref _pending);
    }
}
