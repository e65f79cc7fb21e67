using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gateway.Tests.Support;

/// <summary>What the meters of one factory have counted. Any thread; owned by one test.</summary>
internal sealed class CountedMeasurements : IDisposable
{
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();
    private TaskCompletionSource _changed = NewSignal();

    public CountedMeasurements(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == meters)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            _counts.AddOrUpdate(Name(instrument, tags), value, (_, sum) => sum + value);
            Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();
        });
        _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) =>
        {
            // A duration: how often, and not how long.
            _counts.AddOrUpdate(Name(instrument, tags), 1, static (_, sum) => sum + 1);
            Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();
        });
        _listener.Start();
    }

    /// <summary>The sum under this name, as <c>gateway.v1.frames.dropped not_json</c>.</summary>
    public long this[string name] => _counts.GetValueOrDefault(name);

    /// <summary>Waits until that much is counted; what comes after it is not waited for.</summary>
    public async Task UntilAsync(string name, long sum)
    {
        using var limit = new CancellationTokenSource(TestLimits.Step);
        while (true)
        {
            // Taken before the look: a change in between ends the wait at once.
            var changed = Volatile.Read(ref _changed).Task;
            if (this[name] >= sum)
            {
                return;
            }

            await changed.WaitAsync(limit.Token);
        }
    }

    public void Dispose() => _listener.Dispose();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static string Name(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var name = instrument.Name;
        foreach (var tag in tags)
        {
            name = $"{name} {tag.Value}";
        }

        return name;
    }
}
