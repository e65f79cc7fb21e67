using System.Net;

using Gateway.Tools.Shadow.Compare;
using Gateway.Tools.Shadow.Fixtures;
using Gateway.Tools.Shadow.Forward;
using Gateway.Tools.Shadow.Observe;
using Gateway.Tools.Verify.Play;

namespace Gateway.Tools.Shadow;

/// <summary>How to shadow.</summary>
/// <param name="Listen">Where V0's clients come.</param>
/// <param name="Server">V0.</param>
internal sealed record ShadowSettings(IPEndPoint Listen, Uri Server)
{
    public double SamplePercent { get; init; } = 100;

    public double CpuPercent { get; init; } = 50;

    /// <summary>0 to 1: a larger share of failures turns the comparing off.</summary>
    public double MaxErrorShare { get; init; } = 0.5;

    public ShadowLimits Limits { get; init; } = new();

    /// <summary>Where fixtures are kept; null: nowhere.</summary>
    public string? FixtureFolder { get; init; }

    public required CandidateOptions Candidate { get; init; }

    /// <summary>Who stands for V0 in mode <c>act</c>; null: mode <c>read</c>.</summary>
    public IVerifyTargetFactory? ActTargets { get; init; }

    /// <summary>How mode <c>full</c> asks; null: another mode.</summary>
    public FullSettings? Full { get; init; }

    /// <summary>A conversation that goes on longer is compared by pieces of this length.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What waits at the end is still compared within this.</summary>
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>How the candidate's own agent is asked, in mode <c>full</c>.</summary>
/// <param name="TurnLimit">How long an agent may take for one turn.</param>
/// <param name="Noise">A second V0, of which is learnt in what two runs of V0 differ; null: none.</param>
internal sealed record FullSettings(TimeSpan TurnLimit, Uri? Noise);

/// <summary>
/// A shadow: the way between V0 and its clients, and beside it what is compared. Started and stopped once, by its owner; what it shows may
/// be read from any thread.
/// </summary>
internal sealed class ShadowHost : IAsyncDisposable
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(500);

    private readonly TimeSpan _stopLimit;
    private readonly TapQueue _taps;
    private readonly ShadowListener _listener;
    private readonly ComparisonRunner _runner;
    private readonly TapReader _reader;
    private readonly OwnThreads _readerThread = new(1, "shadow reader");
    private readonly OwnThreads _workerThreads = new(1, "shadow comparisons");
    private readonly ShadowMetrics _metrics;
    private readonly ITimer _tick;
    private readonly DirectoryInfo? _scratch;
    private readonly List<TurnPlayer> _players = [];
    private Task _reading = Task.CompletedTask;
    private bool _isStopped;

    /// <param name="say">Gets each line that an operator must see, once.</param>
    /// <param name="onGroup">Gets each new group.</param>
    public ShadowHost(
        ShadowSettings settings, IShadowCandidate candidate, Action<string> say, Action<DifferenceGroup> onGroup, TimeProvider timeProvider)
    {
        var limits = settings.Limits;
        _stopLimit = settings.StopLimit;
        Notes = new ShadowNotes(say);
        Switch = new ShadowSwitch(
            settings.MaxErrorShare,
            reason => Notes.AddPartial($"comparing was turned off: {reason}; V0's clients are served as before"));
        Groups = new DifferenceGroups(timeProvider);
        _taps = new TapQueue(Switch, Counters, limits.MaxWaitingBytes, timeProvider);
        _listener = new ShadowListener(settings.Listen, settings.Server, _taps, Counters, Notes);
        var writer = new FixtureWriter(settings.Candidate.StorePath, timeProvider);
        var fixtures = settings.FixtureFolder is { } folder ? new FixtureKeeper(folder, writer, Notes) : null;
        var results = new ShadowResults(Counters, Groups, Switch, Notes, fixtures, onGroup);
        var cpu = new CpuBudget(settings.CpuPercent, CpuBudget.OfThisProcess, timeProvider);
        var read = new ReadComparison(candidate, settings.Candidate, timeProvider);
        Func<ComparisonJob, CancellationToken, Task<ComparisonOutcome>> compare = read.CompareAsync;
        if (settings.ActTargets is { } targets)
        {
            Mode = "act";
            _scratch = Directory.CreateTempSubdirectory("gateway-shadow-");
            compare = new ActComparison(read, targets, writer, settings.Candidate, _scratch.FullName, timeProvider).CompareAsync;
        }
        else if (settings.Full is { } full)
        {
            Mode = "full";
            var asked = Player(candidate.Address, settings.Candidate.Credentials);
            var second = full.Noise is { } noise ? Player(noise, settings.Candidate.Credentials with { Key = null }) : null;
            compare = new FullComparison(asked, second, Notes).CompareAsync;

            TurnPlayer Player(Uri server, TargetCredentials credentials)
            {
                var player = new TurnPlayer(server, credentials, settings.Candidate.Timeout, full.TurnLimit, Notes, timeProvider);
                _players.Add(player);
                return player;
            }
        }

        _runner = new ComparisonRunner(compare, results, Switch, cpu, limits, timeProvider);
        var readSink = new ReadSink(_runner, Counters, limits);
        ISessionSink sink = Mode == "read"
            ? readSink
            : new ActSink(settings.Full is null ? readSink : null, _runner, Counters, limits, settings.Window);
        var sessions = new SessionAssembler(new ShadowSample(settings.SamplePercent), limits, Counters, Notes, sink);
        _reader = new TapReader(_taps, sessions, Counters, limits.MaxMessage);
        _tick = timeProvider.CreateTimer(_ => _taps.Tick(), null, s_tick, s_tick);
        _metrics = new ShadowMetrics(Counters, Switch, () => Pending, () => Groups.All.Count);
    }

    public string Mode { get; } = "read";

    public IPEndPoint Address => _listener.Address;

    public ShadowCounters Counters { get; } = new();

    public ShadowSwitch Switch { get; }

    public ShadowNotes Notes { get; }

    public DifferenceGroups Groups { get; }

    /// <summary>Comparisons that wait or are under way.</summary>
    public int Pending => _runner.Pending;

    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be listened on.</exception>
    public void Start()
    {
        _runner.Start(_workerThreads);
        _reading = _readerThread.RunAsync(() => _reader.RunAsync(CancellationToken.None));
        _listener.Start();
    }

    /// <summary>Ends all connections, and lets what waits be compared within a limit.</summary>
    public async Task StopAsync()
    {
        if (_isStopped)
        {
            return;
        }

        _isStopped = true;
        await _listener.DisposeAsync();
        await _tick.DisposeAsync();
        _taps.Complete();
        await _reading;
        await _runner.StopAsync(_stopLimit);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _runner.Dispose();
        _readerThread.Dispose();
        _workerThreads.Dispose();
        _metrics.Dispose();
        _players.ForEach(static player => player.Dispose());
        _scratch?.Delete(recursive: true);
    }
}
