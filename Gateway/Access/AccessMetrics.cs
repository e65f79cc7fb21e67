using System.Diagnostics.Metrics;

namespace Gateway.Access;

/// <summary>Counts of the access policies, meter <c>Gateway.Access</c>. One instance for the process; any thread.</summary>
internal sealed class AccessMetrics
{
    public const string MeterName = "Gateway.Access";

    private readonly Counter<long> _questions;
    private readonly Counter<long> _cached;
    private readonly Counter<long> _tokens;

    public AccessMetrics(IMeterFactory meterFactory)
    {
        var meter = meterFactory.Create(MeterName);
        _questions = meter.CreateCounter<long>("gateway.access.questions", "{question}", "Questions to the access server, by outcome.");
        _cached = meter.CreateCounter<long>("gateway.access.cached", "{request}", "Requests decided by an answer that was given before.");
        _tokens = meter.CreateCounter<long>("gateway.access.tokens", "{token}", "Tokens checked, by outcome.");
    }

    /// <param name="outcome">A fixed text.</param>
    public void Asked(string outcome) => _questions.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Cached() => _cached.Add(1);

    /// <param name="outcome">A fixed text.</param>
    public void Checked(string outcome) => _tokens.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
