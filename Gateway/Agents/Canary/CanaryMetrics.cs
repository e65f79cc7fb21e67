using System.Diagnostics.Metrics;

namespace Gateway.Agents.Canary;

/// <summary>
/// What is counted of conversations that are V0's or V1's, meter <c>Gateway.Canary</c>. One instance for the process; any thread.
/// </summary>
internal sealed class CanaryMetrics
{
    public const string MeterName = "Gateway.Canary";

    private static readonly KeyValuePair<string, object?> s_v1 = new("side", "v1");
    private static readonly KeyValuePair<string, object?> s_old = new("side", "old");

    private readonly Counter<long> _chosen;
    private readonly Counter<long> _passedOn;
    private long _sockets;

    public CanaryMetrics(IMeterFactory meterFactory)
    {
        var meter = meterFactory.Create(MeterName);
        _chosen = meter.CreateCounter<long>(
            "gateway.canary.conversations.chosen", "{conversation}",
            "New conversations asked for, by the side that they went to: v1 or old.");
        _passedOn = meter.CreateCounter<long>(
            "gateway.canary.requests.passed_on", "{request}", "Requests passed through to the V0 server, by outcome: answered or failed.");
        meter.CreateObservableGauge(
            "gateway.canary.sockets.active", () => Interlocked.Read(ref _sockets), "{socket}",
            "WebSockets that are passed through to the V0 server.");
    }

    public void Chosen(bool isV1) => _chosen.Add(1, isV1 ? s_v1 : s_old);

    public void PassedOn(bool isAnswered) =>
        _passedOn.Add(1, new KeyValuePair<string, object?>("outcome", isAnswered ? "answered" : "failed"));

    /// <param name="change">1 when one begins, -1 when it ends.</param>
    public void SocketsChanged(int change) => Interlocked.Add(ref _sockets, change);
}
