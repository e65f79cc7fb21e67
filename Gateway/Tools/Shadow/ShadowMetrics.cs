using System.Diagnostics.Metrics;

namespace Gateway.Tools.Shadow;

/// <summary>The meter of a shadowing process: what its counters say, for whoever listens. Owned by the host.</summary>
internal sealed class ShadowMetrics : IDisposable
{
    public const string MeterName = "Gateway.Shadow";

    private readonly Meter _meter = new(MeterName);

    public ShadowMetrics(ShadowCounters counters, ShadowSwitch shadowSwitch, Func<int> pending, Func<int> groups)
    {
        _meter.CreateObservableCounter(
            "gateway.shadow.forwarded", () => counters.Bytes, "By", "Bytes passed on between V0 and its clients.");
        _meter.CreateObservableGauge(
            "gateway.shadow.connections", () => counters.Open, "{connection}", "Connections of V0's clients that are open.");
        _meter.CreateObservableCounter(
            "gateway.shadow.comparisons", () => Comparisons(counters), "{comparison}",
            "Comparisons with the candidate, by what came of them.");
        _meter.CreateObservableCounter(
            "gateway.shadow.dropped", () => Dropped(counters), "{comparison}", "What went through and was not compared, by reason.");
        _meter.CreateObservableGauge(
            "gateway.shadow.pending", () => pending(), "{comparison}", "Comparisons that wait or are under way.");
        _meter.CreateObservableGauge("gateway.shadow.kept", () => counters.Kept, "By", "What is kept for comparing.");
        _meter.CreateObservableGauge("gateway.shadow.groups", () => groups(), "{group}", "Groups of differences.");
        _meter.CreateObservableGauge("gateway.shadow.on", () => shadowSwitch.IsOn ? 1 : 0, "1", "1 while the candidate is asked.");
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Comparisons(ShadowCounters counters) =>
    [
        new(counters.Compared - counters.Different, new KeyValuePair<string, object?>("result", "equal")),
        new(counters.Different - counters.Failed, new KeyValuePair<string, object?>("result", "different")),
        new(counters.Failed, new KeyValuePair<string, object?>("result", "failed")),
    ];

    private static IEnumerable<Measurement<long>> Dropped(ShadowCounters counters) => Enum.GetValues<DropReason>()
        .Select(reason => new Measurement<long>(
            counters.DroppedFor(reason), new KeyValuePair<string, object?>("reason", ShadowReport.NameOf(reason))));
}
