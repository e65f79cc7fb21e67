using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gateway.Tests.Support;

/// <summary>What the meters of one factory have counted. Any thread; owned by one test.</summary>
internal sealed class CountedMeasurements : IDisposable
{
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    public CountedMeasurements(TestMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == meters)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            _counts.AddOrUpdate(Name(instrument, tags), value, (_, sum) => sum + value));
        _listener.Start();
    }

    /// <summary>The sum under this name, as <c>gateway.v1.dropped not_json</c>.</summary>
    public long this[string name] => _counts.GetValueOrDefault(name);

    public void Dispose() => _listener.Dispose();

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
