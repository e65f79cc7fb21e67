using System.Diagnostics.Metrics;

namespace Gateway.Access;

/// <summary>Counts of the access policies, meter <c>Gateway.Access</c>. One instance for the process; any thread.</summary>
internal sealed class AccessMetrics
{
    public const string MeterName = "Gateway.Access";

    private readonly Counter<long> _questions;
    private readonly Counter<long> _cached;
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _rechecks;
    private volatile Func<double>? _openQuestions;

    public AccessMetrics(IMeterFactory meterFactory)
    {
        var meter = meterFactory.Create(MeterName);
        _questions = meter.CreateCounter<long>("gateway.access.questions", "{question}", "Questions to the access server, by outcome.");
        _cached = meter.CreateCounter<long>("gateway.access.cached", "{request}", "Requests decided by an answer that was given before.");
        _tokens = meter.CreateCounter<long>("gateway.access.tokens", "{token}", "Tokens checked, by outcome.");
        _rechecks = meter.CreateCounter<long>(
            "gateway.access.rechecks", "{client}", "Clients that were asked about again while they were connected, by outcome.");
        meter.CreateObservableGauge(
            "gateway.access.limits.max_utilization", () => _openQuestions?.Invoke() ?? 0, "1",
            "How full the limit of open questions to the access server is, from 0 to 1.");
    }

    /// <param name="outcome">A fixed text.</param>
    public void Asked(string outcome) => _questions.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>Who asks says how full its limit of open questions is, from 0 to 1, whenever somebody wants to know. Called once.</summary>
    public void WatchQuestions(Func<double> utilization) => _openQuestions = utilization;

    /// <param name="outcome">A fixed text.</param>
    public void Rechecked(string outcome) => _rechecks.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Cached() => _cached.Add(1);

    /// <param name="outcome">A fixed text.</param>
    public void Checked(string outcome) => _tokens.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
