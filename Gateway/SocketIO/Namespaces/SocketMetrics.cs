using System.Diagnostics.Metrics;

namespace Gateway.SocketIO.Namespaces;

/// <summary>Counters of the Socket.IO layer, meter <c>Gateway.SocketIO</c>. Tags hold no name that a client made up. Any thread.</summary>
internal sealed class SocketMetrics
{
    public const string MeterName = "Gateway.SocketIO";

    private readonly UpDownCounter<long> _sockets;
    private readonly Counter<long> _connects;
    private readonly Counter<long> _disconnects;
    private readonly Counter<long> _events;
    private readonly Counter<long> _malformed;

    public SocketMetrics(IMeterFactory meterFactory)
    {
        var meter = meterFactory.Create(MeterName);
        _sockets = meter.CreateUpDownCounter<long>("gateway.socketio.sockets", description: "Sockets that are in a namespace.");
        _connects = meter.CreateCounter<long>("gateway.socketio.connects", description: "CONNECT packets, by what came of them.");
        _disconnects = meter.CreateCounter<long>("gateway.socketio.disconnects", description: "Sockets that left, by reason.");
        _events = meter.CreateCounter<long>("gateway.socketio.events.received", description: "Events from clients.");
        _malformed = meter.CreateCounter<long>("gateway.socketio.malformed", description: "Packets that closed their connection.");
    }

    public void Accepted()
    {
        _sockets.Add(1);
        _connects.Add(1, new KeyValuePair<string, object?>("outcome", "accepted"));
    }

    public void Refused() => _connects.Add(1, new KeyValuePair<string, object?>("outcome", "refused"));

    public void Left(DisconnectReason reason)
    {
        _sockets.Add(-1);
        _disconnects.Add(1, new KeyValuePair<string, object?>("reason", DisconnectReasons.TextOf(reason)));
    }

    public void EventReceived() => _events.Add(1);

    /// <param name="fault">One of a fixed set of names.</param>
    public void Malformed(string fault) => _malformed.Add(1, new KeyValuePair<string, object?>("fault", fault));
}
