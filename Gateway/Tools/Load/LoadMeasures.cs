using System.Diagnostics;

using HdrHistogram;

namespace Gateway.Tools.Load;

/// <summary>Times of one kind. Immutable; in milliseconds.</summary>
internal sealed record LoadTimes(string Name, long Count, double P50, double P90, double P99, double P999, double Longest);

/// <summary>What a part of a run has cost. Immutable.</summary>
/// <param name="Server">Null when its process is not known.</param>
/// <param name="Generator">The processor time of this process.</param>
/// <param name="Count">What was done in it: connects, deliveries, clients that stayed.</param>
internal sealed record LoadPhase(string Name, TimeSpan Duration, TimeSpan? Server, TimeSpan Generator, long Count)
{
    /// <summary>The server may have waited for the generator.</summary>
    public bool IsGeneratorBusier => Server is { } server && Generator > server;
}

/// <summary>
/// Times, costs and faults of one run. The loop's thread writes; faults and the last <see cref="Shown"/> times may be read by any.
/// </summary>
internal sealed class LoadMeasures(int serverProcess)
{
    private const long LongestMicroseconds = 3_600_000_000;
    private const int Digits = 3;
    private const int MaxFaultKinds = 40;
    private const string OtherFaults = "others";

    private readonly Dictionary<string, LongHistogram> _times = [];
    private readonly List<LoadPhase> _phases = [];
    private readonly Lock _faultsLock = new();
    private readonly Dictionary<string, int> _faults = [];
    private long _phaseBegan;
    private TimeSpan _generatorBefore;
    private TimeSpan? _serverBefore;
    private volatile IReadOnlyList<LoadTimes> _shown = [];

    /// <summary>Null when the server's process is not known.</summary>
    public ProcessUsage? Server { get; } = serverProcess > 0 ? new ProcessUsage(serverProcess) : null;

    public IReadOnlyList<LoadPhase> Phases => _phases;

    /// <summary>Times as they were when they were last shown.</summary>
    public IReadOnlyList<LoadTimes> Shown => _shown;

    /// <summary>Faults by kind, the most frequent first.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> Faults
    {
        get
        {
            lock (_faultsLock)
            {
                return [.. _faults.OrderByDescending(static fault => fault.Value)];
            }
        }
    }

    /// <summary>A time of this name, in the clock's ticks.</summary>
    public void Add(string name, long ticks)
    {
        if (!_times.TryGetValue(name, out var histogram))
        {
            _times.Add(name, histogram = new LongHistogram(LongestMicroseconds, Digits));
        }

        histogram.RecordValue(Math.Clamp((long)Stopwatch.GetElapsedTime(0, ticks).TotalMicroseconds, 1, LongestMicroseconds));
    }

    public void AddFault(string kind)
    {
        lock (_faultsLock)
        {
            kind = _faults.ContainsKey(kind) || _faults.Count < MaxFaultKinds ? kind : OtherFaults;
            _faults[kind] = _faults.GetValueOrDefault(kind) + 1;
        }
    }

    public void BeginPhase()
    {
        _phaseBegan = Stopwatch.GetTimestamp();
        _serverBefore = Server?.TryRead()?.Cpu;
        _generatorBefore = Environment.CpuUsage.TotalTime;
    }

    public void EndPhase(string name, long count) => _phases.Add(new LoadPhase(
        name,
        Stopwatch.GetElapsedTime(_phaseBegan),
        Server?.TryRead()?.Cpu - _serverBefore,
        Environment.CpuUsage.TotalTime - _generatorBefore,
        count));

    /// <summary>Makes what has come up to now readable for others.</summary>
    public void Show() => _shown = [.. _times.Select(static pair => TimesOf(pair.Key, pair.Value))];

    private static LoadTimes TimesOf(string name, LongHistogram histogram) => new(
        name,
        histogram.TotalCount,
        At(histogram, 50),
        At(histogram, 90),
        At(histogram, 99),
        At(histogram, 99.9),
        At(histogram, 100));

    private static double At(LongHistogram histogram, double percent) => histogram.GetValueAtPercentile(percent) / 1_000.0;
}
