using System.Diagnostics.Metrics;

using Gateway.Primitives;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// What the Socket.IO layer counts, meter <c>Gateway.SocketIO</c>. Tags hold no name that a client made up. One instance for the process;
/// any thread.
/// </summary>
internal sealed class SocketMetrics
{
    public const string MeterName = "Gateway.SocketIO";

    private readonly Counter<long> _connects;
    private readonly Counter<long> _disconnects;
    private readonly Counter<long> _eventsReceived;
    private readonly Counter<long> _eventsSent;
    private readonly Counter<long> _malformed;

    // Counted here whether or not somebody listens, so that a late listener hears the right number.
    private long _active;

    public SocketMetrics(IMeterFactory meterFactory)
    {
        var meter = meterFactory.Create(MeterName);
        meter.CreateObservableUpDownCounter(
            "gateway.socketio.sockets.active", () => Volatile.Read(ref _active), "{socket}", "Sockets that are in a namespace.");
        _connects = meter.CreateCounter<long>(
            "gateway.socketio.connects", "{connect}", "CONNECT packets that were answered, by outcome: accepted or refused.");
        _disconnects = meter.CreateCounter<long>(
            "gateway.socketio.disconnects", "{socket}", "Sockets that left their namespace, by reason.");
        _eventsReceived = meter.CreateCounter<long>("gateway.socketio.events.received", "{event}", "Events from clients.");
        _eventsSent = meter.CreateCounter<long>("gateway.socketio.events.sent", "{event}", "Events queued for clients.");
        _malformed = meter.CreateCounter<long>(
            "gateway.socketio.packets.malformed", "{packet}", "Packets that closed their connection, by reason.");
    }

    public void Accepted()
    {
        Interlocked.Increment(ref _active);
        _connects.Add(1, new KeyValuePair<string, object?>("outcome", "accepted"));
    }

    public void Refused() => _connects.Add(1, new KeyValuePair<string, object?>("outcome", "refused"));

    public void Left(DisconnectReason reason)
    {
        Interlocked.Decrement(ref _active);
        _disconnects.Add(1, new KeyValuePair<string, object?>("reason", DisconnectReasons.MetricTag(reason)));
    }

    public void EventReceived() => _eventsReceived.Add(1);

    public void EventsSent(int count) => _eventsSent.Add(count);

    /// <param name="fault">One of a fixed set of names.</param>
    public void Malformed(string fault)
    {
        if (_malformed.Enabled)
        {
            _malformed.Add(1, new KeyValuePair<string, object?>("reason", SmallWords.Of(fault)));
        }
    }
}
