using System.Diagnostics.Metrics;

namespace Gateway.Agents.V1;

/// <summary>
/// What is counted and measured of V1, meter <c>Gateway.V1</c>. Tags are of fixed sets: no text of the server's is in one. Any thread.
/// </summary>
internal sealed class V1Metrics
{
    public const string MeterName = "Gateway.V1";

    // From a question that memory answers to a command that the server runs.
    private static readonly InstrumentAdvice<double> s_durations = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
    };

    private readonly Histogram<double> _call;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _unknownKinds;
    private readonly Counter<long> _deltas;
    private readonly Counter<long> _reconnects;
    private readonly Counter<long> _gapFills;
    private readonly Counter<long> _passedOn;
    private long _openSockets;

    public V1Metrics(IMeterFactory meterFactory)
    {
        var meter = meterFactory.Create(MeterName);
        _call = meter.CreateHistogram(
            "gateway.v1.call.duration", "s",
            "Calls to the agent-server, by method, route and outcome: a status, or unreachable, no_answer, too_large or cancelled.",
            tags: null, s_durations);
        _dropped = meter.CreateCounter<long>(
            "gateway.v1.frames.dropped", "{frame}", "Frames and events of the agent-server that V0 has nothing for, by kind.");
        _unknownKinds = meter.CreateCounter<long>(
            "gateway.v1.kinds.unknown", "{event}",
            "Events, actions, observations and states of kinds that the table of translation does not have, by what they are a kind of.");
        _deltas = meter.CreateCounter<long>("gateway.v1.deltas.received", "{frame}", "Streaming frames, counted and not shown.");
        _reconnects = meter.CreateCounter<long>("gateway.v1.reconnects", "{attempt}", "Tries to connect again to the agent-server.");
        _gapFills = meter.CreateCounter<long>(
            "gateway.v1.gaps.filled", "{gap}", "Holes in the server's numbering that REST had to fill.");
        _passedOn = meter.CreateCounter<long>(
            "gateway.v1.requests.passed_on", "{request}",
            "Requests of V1's own clients that were passed through, by kind: socket or request.");
        meter.CreateObservableUpDownCounter(
            "gateway.v1.sockets.open", () => Interlocked.Read(ref _openSockets), "{socket}",
            "Sockets of V1's own clients that are being passed through now.");
    }

    /// <summary>False: nobody wants to know how long a call takes.</summary>
    public bool MeasuresCalls => _call.Enabled;

    /// <param name="method">As it was asked.</param>
    /// <param name="route">As <see cref="V1Route"/> gives it.</param>
    /// <param name="outcome">A status, or a fixed word.</param>
    /// <param name="duration">From the question to the end of the answer.</param>
    public void CallTook(HttpMethod method, string route, string outcome, TimeSpan duration) => _call.Record(
        duration.TotalSeconds,
        new KeyValuePair<string, object?>("http.request.method", method.Method),
        new KeyValuePair<string, object?>("http.route", route),
        new KeyValuePair<string, object?>("outcome", outcome));

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

    /// <param name="change">1 for a V1 client's socket that is let through, -1 at its end.</param>
    public void SocketsOpen(int change) => Interlocked.Add(ref _openSockets, change);
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
