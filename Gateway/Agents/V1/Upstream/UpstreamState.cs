namespace Gateway.Agents.V1.Upstream;

/// <summary>Where an upstream connection stands; the names are those of the V1 web client.</summary>
internal enum UpstreamState
{
    Connecting,
    Open,
    Closing,
    Closed,
}
