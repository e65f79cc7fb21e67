using System.Diagnostics.Metrics;

namespace Gateway.EngineIO.Sessions;

/// <summary>Counters of the Engine.IO layer, meter <c>Gateway.EngineIO</c>. One instance for the process; any thread.</summary>
internal sealed class EngineMetrics
{
    public const string MeterName = "Gateway.EngineIO";

    private readonly UpDownCounter<long> _open;
    private readonly Counter<long> _opened;
    private readonly Counter<long> _closed;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _bytesIn;
    private readonly Counter<long> _bytesOut;
    private readonly Counter<long> _packetsIn;
    private readonly Counter<long> _packetsOut;

    public EngineMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(MeterName);
        _open = meter.CreateUpDownCounter<long>("gateway.engine.sessions.open", "{session}", "Sessions at this moment.");
        _opened = meter.CreateCounter<long>("gateway.engine.sessions.opened", "{session}", "Sessions begun.");
        _closed = meter.CreateCounter<long>("gateway.engine.sessions.closed", "{session}", "Sessions ended, by reason.");
        _refused = meter.CreateCounter<long>("gateway.engine.sessions.refused", "{session}", "Sessions that a limit refused, by limit.");
        _bytesIn = meter.CreateCounter<long>("gateway.engine.bytes.in", "By", "Payload bytes received.");
        _bytesOut = meter.CreateCounter<long>("gateway.engine.bytes.out", "By", "Bytes handed to transports.");
        _packetsIn = meter.CreateCounter<long>("gateway.engine.packets.in", "{packet}", "Packets received.");
        _packetsOut = meter.CreateCounter<long>("gateway.engine.packets.out", "{packet}", "Packets handed to transports.");
    }

    public void SessionOpened()
    {
        _open.Add(1);
        _opened.Add(1);
    }

    public void SessionClosed(CloseReason reason)
    {
        _open.Add(-1);
        _closed.Add(1, new KeyValuePair<string, object?>("reason", CloseReasons.MetricTag(reason)));
    }

    /// <param name="limit">A fixed text.</param>
    public void Refused(string limit) => _refused.Add(1, new KeyValuePair<string, object?>("limit", limit));

    public void Received(int bytes)
    {
        _packetsIn.Add(1);
        _bytesIn.Add(bytes);
    }

    public void Sent(int packets, long bytes)
    {
        _packetsOut.Add(packets);
        _bytesOut.Add(bytes);
    }
}
