namespace Gateway.Agents.V1.Upstream;

/// <summary>Where an upstream connection stands; the names are those of the V1 web client, but for <see cref="Resting"/>.</summary>
internal enum UpstreamState
{
    Connecting,
    Open,

    /// <summary>No socket, because nobody needs one: the agent rests, and REST is asked now and then.</summary>
    Resting,
    Closing,
    Closed,
}
