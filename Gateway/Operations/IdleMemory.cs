using System.Diagnostics;

using Microsoft.Extensions.Options;

namespace Gateway.Operations;

/// <summary>
/// Gives memory back to the system once a burst has passed and the process is idle. One loop for the process, owned by the host.
/// </summary>
internal sealed partial class IdleMemory(IOptions<OperationsOptions> options, TimeProvider timeProvider, ILogger<IdleMemory> logger)
    : BackgroundService
{
    private const double Mebibyte = 1_024 * 1_024;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var interval = options.Value.IdleMemoryCheck;
        var rule = new IdleMemoryRule(interval);
        using var timer = new PeriodicTimer(interval, timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var before = Read();
                if (rule.Decide(before))
                {
                    Collect(before);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops, or could not start: to a host that could not, the exception would be a fault of this service.
        }
    }

    private void Collect(HeapState before)
    {
        // Blocking, and compacting the large objects too: only such a collection lets go of the memory. The process is idle, so hardly
        // anybody waits for it.
        var started = Stopwatch.GetTimestamp();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Log.Collected(logger, before.Committed / Mebibyte, Read().Committed / Mebibyte, Stopwatch.GetElapsedTime(started));
    }

    private static HeapState Read()
    {
        var info = GC.GetGCMemoryInfo(GCKind.Any);
        return new HeapState(
            GC.GetTotalAllocatedBytes(precise: false), info.TotalCommittedBytes, info.HeapSizeBytes - info.FragmentedBytes);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Idle: the heap took {Before:F0} MiB and takes {After:F0} now; that took {Duration}.")]
        public static partial void Collected(ILogger logger, double before, double after, TimeSpan duration);
    }
}
