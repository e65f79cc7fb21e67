using System.Diagnostics.Metrics;

namespace Gateway.HttpApi.Conventions;

/// <summary>Counts of V0's REST, meter <c>Gateway.HttpApi</c>. One instance for the process; any thread.</summary>
internal sealed class HttpApiMetrics
{
    public const string MeterName = "Gateway.HttpApi";

    private readonly Counter<long> _limited;

    public HttpApiMetrics(IMeterFactory meterFactory) =>
        _limited = meterFactory.Create(MeterName).CreateCounter<long>(
            "gateway.http.requests.limited", "{request}", "Requests of an address that sends too many, by what became of them.");

    public void Limited(RateDecision decision) =>
        _limited.Add(1, new KeyValuePair<string, object?>("outcome", decision is RateDecision.Wait ? "delayed" : "refused"));
}
