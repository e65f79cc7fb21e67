using System.Collections.Concurrent;
using System.Globalization;

namespace Gateway.Tests.Support;

/// <summary>One life of a gateway's process.</summary>
/// <param name="Name">What the database knows it by.</param>
internal sealed record FleetNode(string Name, GatewayProcess Process);

/// <summary>
/// Gateway processes on one database, and what stands for their balancer: it names one that listens. One test kills them, pauses them and
/// owns them; any thread may ask for one.
/// </summary>
internal sealed class NodeFleet(NodesStage stage) : IAsyncDisposable
{
    /// <summary>What the database knows every listening connection by.</summary>
    public const string ListenerName = "listener";

    private readonly Lock _lock = new();
    private readonly List<FleetNode> _up = [];
    private readonly List<FleetNode> _all = [];
    private readonly List<Task> _starts = [];
    private readonly ConcurrentQueue<(string Node, DateTimeOffset At)> _ends = [];
    private TaskCompletionSource _changed = NewSignal();
    private int _started;

    /// <summary>When a node was killed or paused, by its name.</summary>
    public IReadOnlyCollection<(string Node, DateTimeOffset At)> Ends => _ends;

    public int Kills { get; private set; }

    public static async Task<NodeFleet> StartAsync(NodesStage stage, int count)
    {
        var fleet = new NodeFleet(stage);
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => fleet.StartNodeAsync()));
        return fleet;
    }

    /// <summary>One of those that listen; waits for one where there is none.</summary>
    public async Task<FleetNode> PickAsync(Random random)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_up.Count > 0)
                {
                    return _up[random.Next(_up.Count)];
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(TestLimits.Slow);
        }
    }

    /// <summary>
    /// Kills one and starts another in its place, which listens later. False, and nothing happens, where no other one listens.
    /// </summary>
    public async Task<bool> TryKillOneAsync(Random random)
    {
        FleetNode node;
        lock (_lock)
        {
            if (_up.Count < 2)
            {
                return false;
            }

            node = _up[random.Next(_up.Count)];
            _up.Remove(node);
            Kills++;
        }

        _ends.Enqueue((node.Name, TimeProvider.System.GetUtcNow()));
        await node.Process.KillAsync();
        lock (_lock)
        {
            _starts.Add(StartNodeAsync());
        }

        return true;
    }

    /// <summary>Stops one where it stands. The balancer sees it no more.</summary>
    public async Task<FleetNode> PauseOneAsync(Random random)
    {
        FleetNode node;
        lock (_lock)
        {
            node = _up[random.Next(_up.Count)];
            _up.Remove(node);
        }

        _ends.Enqueue((node.Name, TimeProvider.System.GetUtcNow()));
        await node.Process.SignalAsync("STOP");
        return node;
    }

    public async Task ContinueAsync(FleetNode node)
    {
        await node.Process.SignalAsync("CONT");
        Add(node);
    }

    /// <summary>Complete when all that were started listen.</summary>
    public Task StartedAsync()
    {
        lock (_lock)
        {
            return Task.WhenAll(_starts);
        }
    }

    /// <summary>Ends all of them; gives the lines of all that there ever were.</summary>
    public async Task<IReadOnlyList<string>> EndAsync()
    {
        await StartedAsync();
        var lines = new List<string>();
        foreach (var node in _all)
        {
            await node.Process.DisposeAsync();
            lines.AddRange((await node.Process.OutputAsync()).Select(line => $"{node.Name}: {line}"));
        }

        return lines;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAny(StartedAsync());
        foreach (var node in _all)
        {
            await node.Process.DisposeAsync();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task StartNodeAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"node-{Interlocked.Increment(ref _started)}");
        var database = stage.Database.ConnectionString;
        var process = await stage.StartProcessAsync(new()
        {
            ["Storage__Postgres__ConnectionString"] = $"{database};Application Name={name}",
            ["Storage__Postgres__ListenConnectionString"] = $"{database};Application Name={ListenerName}",
        });
        Add(new FleetNode(name, process));
    }

    private void Add(FleetNode node)
    {
        lock (_lock)
        {
            _up.Add(node);
            if (!_all.Contains(node))
            {
                _all.Add(node);
            }

            _changed.SetResult();
            _changed = NewSignal();
        }
    }
}
