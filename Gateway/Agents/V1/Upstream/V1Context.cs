namespace Gateway.Agents.V1.Upstream;

/// <summary>What all of a bridge's parts share: clock, counters, log. Immutable; one for the process.</summary>
internal sealed record V1Context(TimeProvider TimeProvider, V1Metrics Metrics, ILogger Logger)
{
    public KindCounter Kinds { get; } = new(Metrics, Logger);
}
