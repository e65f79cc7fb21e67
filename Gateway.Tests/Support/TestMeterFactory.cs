using System.Diagnostics.Metrics;

namespace Gateway.Tests.Support;

/// <summary>Makes meters for the one test that owns it.</summary>
internal sealed class TestMeterFactory : IMeterFactory
{
    private readonly List<Meter> _meters = [];

    public Meter Create(MeterOptions options)
    {
        // The scope tells this test's meters from those of tests that run at the same time.
        options.Scope = this;
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    public void Dispose() => _meters.ForEach(static meter => meter.Dispose());
}
