using System.Diagnostics.Metrics;

namespace Gateway.Agents.V1;

/// <summary>What the bridge counts. Thread-safe.</summary>
internal sealed class V1Metrics
{
    public const string MeterName = "Gateway.V1";

    private readonly Counter<long> _dropped;
    private readonly Counter<long> _unknownKinds;
    private readonly Counter<long> _deltas;
    private readonly Counter<long> _reconnects;
    private readonly Counter<long> _gapFills;
    private readonly Counter<long> _passedOn;

    public V1Metrics(IMeterFactory meterFactory)
    {
        var meter = meterFactory.Create(MeterName);
        _dropped = meter.CreateCounter<long>("gateway.v1.dropped",
            description: "Frames and events of the agent-server that V0 has nothing for.");
        _unknownKinds = meter.CreateCounter<long>("gateway.v1.unknown_kinds",
            description: "Kinds of event, action, observation and state that the table of translation does not have.");
        _deltas = meter.CreateCounter<long>("gateway.v1.deltas", description: "Streaming frames, counted and not shown.");
        _reconnects = meter.CreateCounter<long>("gateway.v1.reconnects", description: "Tries to connect again to the agent-server.");
        _gapFills = meter.CreateCounter<long>("gateway.v1.gap_fills",
            description: "Holes in the server's numbering that REST had to fill.");
        _passedOn = meter.CreateCounter<long>("gateway.v1.passed_on", description: "Requests of V1's own clients that were passed through.");
    }

    /// <param name="kind">
    /// One of <see cref="V1Kinds"/>, or a name of the table of kinds: never a text of the server's, which would be a label without bound.
    /// </param>
    public void Dropped(string kind) => _dropped.Add(1, new KeyValuePair<string, object?>("kind", kind));

    /// <param name="group">What it is a kind of: <c>event</c>, <c>action</c>, <c>observation</c> or <c>state</c>.</param>
    public void UnknownKind(string group) => _unknownKinds.Add(1, new KeyValuePair<string, object?>("kind", group));

    public void Delta() => _deltas.Add(1);

    public void Reconnect() => _reconnects.Add(1);

    public void GapFill() => _gapFills.Add(1);

    /// <summary>A V1 client's request was let through to its server.</summary>
    public void PassedOn(bool isSocket) =>
        _passedOn.Add(1, new KeyValuePair<string, object?>("kind", isSocket ? "socket" : "request"));
}

/// <summary>The names under which dropped things are counted that have no kind of their own.</summary>
internal static class V1Kinds
{
    public const string Unknown = "unknown";
    public const string NotJson = "not_json";
    public const string NoId = "no_id";
    public const string NeverStored = "never_stored";
    public const string TooLarge = "too_large";
}
