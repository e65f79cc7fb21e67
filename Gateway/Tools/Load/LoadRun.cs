using System.Net;
using System.Net.Sockets;

using Gateway.Tools.Load.Scenarios;

namespace Gateway.Tools.Load;

/// <summary>What is known of a server's memory over a run. Immutable; KiB.</summary>
/// <param name="Kernel">What the machine's kernel holds more than before, for both ends.</param>
internal sealed record LoadMemory(long Before, long After, long Peak, long Kernel, int Threads, int Handles);

/// <summary>
/// One load, from its first connect to its last figure. <see cref="RunAsync"/> is called once; the loop may be looked at meanwhile.
/// </summary>
internal sealed class LoadRun : IDisposable
{
    private static readonly TimeSpan s_sample = TimeSpan.FromMilliseconds(100);

    private readonly LoadLoop _loop;
    private readonly LoadMeasures _measures;
    private readonly long _kernelBefore = ProcessUsage.KernelKiB();

    private LoadRun(LoadPlan plan, EndPoint server)
    {
        Plan = plan;
        _measures = new LoadMeasures(plan.ServerProcess);
        _loop = new LoadLoop(plan, server, PlayOf(plan), _measures);
    }

    public LoadPlan Plan { get; }

    public LoadCounters Counters => _loop.Counters;

    public LoadMeasures Measures => _measures;

    /// <summary>The connects are done, and the scenario's work has begun.</summary>
    public bool IsWorking => _loop.IsWorking;

    /// <summary>The run was stopped before its end.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Null when the server's process is not known.</summary>
    public LoadMemory? Memory { get; private set; }

    public static async Task<LoadRun> CreateAsync(LoadPlan plan, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(plan.Address.DnsSafeHost, cancellationToken);
        var address = addresses.OrderBy(static one => one.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).First();
        return new LoadRun(plan, new IPEndPoint(address, plan.Address.Port));
    }

    /// <summary>Completes when the scenario is over, or soon after it is to be stopped; either way with what was seen.</summary>
    public async Task RunAsync(TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var before = _measures.Server?.TryRead();
        await using var sampling = timeProvider.CreateTimer(
            static measures => ((LoadMeasures)measures!).Server?.LookAtMemory(), _measures, s_sample, s_sample);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => RunLoop(ended, cancellationToken)) { IsBackground = true, Name = "load" };
        thread.Start();
        try
        {
            await ended.Task;
        }
        finally
        {
            IsStopped = cancellationToken.IsCancellationRequested;
            if (before is { } first && _measures.Server is { } server)
            {
                var last = server.TryRead() ?? default;
                Memory = new LoadMemory(
                    first.MemoryKiB, last.MemoryKiB, server.PeakKiB, ProcessUsage.KernelKiB() - _kernelBefore, last.Threads, last.Handles);
            }
        }
    }

    public void Dispose() => _loop.Dispose();

    private void RunLoop(TaskCompletionSource ended, CancellationToken cancellationToken)
    {
        try
        {
            _loop.Run(() => cancellationToken.IsCancellationRequested);
            ended.SetResult();
        }
        catch (Exception exception)
        {
            // The top of the loop: whoever waits for it gets it.
            ended.SetException(exception);
        }
    }

    private static ScenarioPlay PlayOf(LoadPlan plan) => plan.Scenario switch
    {
        LoadScenario.Idle or LoadScenario.Connect => new StayPlay(plan),
        LoadScenario.Fanout or LoadScenario.Rooms or LoadScenario.Mixed => new RoomsPlay(plan),
        LoadScenario.Action => new ActionPlay(plan),
        LoadScenario.Replay => new ReplayPlay(plan),
        LoadScenario.Return => new ReturnPlay(plan),
        _ => throw new ArgumentOutOfRangeException(nameof(plan)),
    };
}
