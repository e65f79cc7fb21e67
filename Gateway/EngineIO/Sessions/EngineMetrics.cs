using System.Diagnostics.Metrics;

using Gateway.EngineIO.Admission;
using Gateway.Primitives;

namespace Gateway.EngineIO.Sessions;

/// <summary>
/// What the Engine.IO layer counts and measures, meter <c>Gateway.EngineIO</c>. One instance for the process; any thread. Tags are of
/// fixed sets. What there is at this moment is read from its owner when it is asked for, so a late listener sees the same.
/// </summary>
internal sealed class EngineMetrics
{
    public const string MeterName = "Gateway.EngineIO";

    // From a page that is loaded again to a tab that is left open overnight.
    private static readonly InstrumentAdvice<double> s_lifetimes =
        new() { HistogramBucketBoundaries = [0.1, 1, 10, 60, 300, 900, 3_600, 14_400, 43_200, 86_400] };

    private readonly Counter<long> _opened;
    private readonly Counter<long> _upgraded;
    private readonly Counter<long> _closed;
    private readonly Counter<long> _refused;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _bytesReceived;
    private readonly Counter<long> _bytesSent;
    private readonly Counter<long> _packetsReceived;
    private readonly Counter<long> _packetsSent;

    public EngineMetrics(
        IMeterFactory meterFactory, SessionRegistry registry, InboundBudget inboundBudget, AddressLimits addressLimits)
    {
        var meter = meterFactory.Create(MeterName);
        _opened = meter.CreateCounter<long>("gateway.engine.sessions.opened", "{session}", "Sessions begun, by transport.");
        _upgraded = meter.CreateCounter<long>(
            "gateway.engine.sessions.upgraded", "{session}", "Sessions that went from polling to WebSocket.");
        _closed = meter.CreateCounter<long>("gateway.engine.sessions.closed", "{session}", "Sessions ended, by reason.");
        _duration = meter.CreateHistogram(
            "gateway.engine.session.duration", "s", "From a session's beginning to its end, by transport.", tags: null, s_lifetimes);
        _refused = meter.CreateCounter<long>(
            "gateway.engine.requests.refused", "{request}", "Handshakes and requests of sessions that were refused, by reason.");
        _packetsReceived = meter.CreateCounter<long>("gateway.engine.packets.received", "{packet}", "Packets from clients.");
        _packetsSent = meter.CreateCounter<long>("gateway.engine.packets.sent", "{packet}", "Packets written to clients.");
        _bytesReceived = meter.CreateCounter<long>("gateway.engine.io.received", "By", "Bytes of the packets from clients.");
        _bytesSent = meter.CreateCounter<long>("gateway.engine.io.sent", "By", "Bytes written to clients, their framing included.");
        meter.CreateObservableUpDownCounter(
            "gateway.engine.sessions.active", () => Active(registry), "{session}", "Sessions at this moment, by transport.");
        meter.CreateObservableGauge(
            "gateway.engine.sessions.limit", () => (long)registry.Limit, "{session}", "Sessions that are admitted at once.");
        meter.CreateObservableUpDownCounter(
            "gateway.engine.queue.waiting", () => registry.Measure().QueuedPackets, "{packet}", "Packets that wait for clients to read.");
        meter.CreateObservableGauge(
            "gateway.engine.queue.max_utilization", () => registry.Measure().FullestQueue, "1",
            "How full the fullest queue of a client is, from 0 to 1.");
        meter.CreateObservableUpDownCounter(
            "gateway.engine.inbound_budget.used", () => inboundBudget.Held, "By", "Bytes of unfinished messages that all clients hold.");
        meter.CreateObservableGauge(
            "gateway.engine.inbound_budget.limit", () => inboundBudget.Limit, "By", "Bytes of unfinished messages that they may hold.");
        meter.CreateObservableGauge(
            "gateway.engine.limits.max_utilization", () => Limits(addressLimits, static figures => figures.FullestKey), "1",
            "How full the limit of the address closest to it is, from 0 to 1, by limit: sessions or connects. 0 while it is not set.");
        meter.CreateObservableGauge(
            "gateway.engine.limits.table_utilization", () => Limits(addressLimits, static figures => figures.Table), "1",
            "How full the table of limited addresses is, from 0 to 1, by limit. At 1 new addresses are not limited.");
    }

    public void SessionOpened(string transport) => _opened.Add(1, Tag("transport", transport));

    public void SessionUpgraded() => _upgraded.Add(1);

    public void SessionClosed(CloseReason reason, string transport, TimeSpan duration)
    {
        _closed.Add(1, Tag("reason", CloseReasons.MetricTag(reason)));
        _duration.Record(duration.TotalSeconds, Tag("transport", transport));
    }

    /// <summary>A request of an endpoint was answered with an error, and reached no session.</summary>
    public void RequestRefused(EngineError error) => _refused.Add(1, Tag("reason", error.MetricTag));

    public void Received(int bytes)
    {
        _packetsReceived.Add(1);
        _bytesReceived.Add(bytes);
    }

    public void Sent(int packets, long bytes)
    {
        _packetsSent.Add(packets);
        _bytesSent.Add(bytes);
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    private static IEnumerable<Measurement<double>> Limits(AddressLimits limits, Func<LimitFigures, double> value)
    {
        yield return new Measurement<double>(value(limits.MeasureSessions()), Tag("limit", "sessions"));
        yield return new Measurement<double>(value(limits.MeasureConnects()), Tag("limit", "connects"));
    }

    private static IEnumerable<Measurement<long>> Active(SessionRegistry registry)
    {
        var figures = registry.Measure();
        yield return new Measurement<long>(figures.Polling, Tag("transport", TransportNames.Polling));
        yield return new Measurement<long>(figures.WebSockets, Tag("transport", TransportNames.WebSocket));
    }
}
