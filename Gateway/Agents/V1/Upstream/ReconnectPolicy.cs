namespace Gateway.Agents.V1.Upstream;

/// <summary>What follows the end of a connection.</summary>
/// <param name="After">The wait before the next try; null when there is none.</param>
/// <param name="Final">Why there is none, for a client's eyes.</param>
internal readonly record struct ReconnectDecision(TimeSpan? After, string? Final = null);

/// <summary>
/// Reconnects as the V1 client does: on any close but 1000, after a fixed wait. Pure.
/// </summary>
internal sealed class ReconnectPolicy(TimeSpan delay, int maxTries)
{
    public const string Unauthorized = "The agent server refused the session key.";
    public const string NotFound = "The agent server does not know this conversation.";
    public const string Closed = "The agent server has closed the connection.";
    public const string GaveUp = "The agent server cannot be reached.";

    // 1013 asks for patience: the server has too many subscribers, or drops slow ones.
    private const int PatienceFactor = 4;

    /// <param name="tries">Tries that failed in a row, this one included; 0 when a connection was lost that had worked.</param>
    public ReconnectDecision Decide(SocketEnd end, int tries) => end.Code switch
    {
        SocketEnd.AuthenticationFailed => new ReconnectDecision(null, Unauthorized),
        SocketEnd.ConversationNotFound => new ReconnectDecision(null, NotFound),
        SocketEnd.Normal => new ReconnectDecision(null, Closed),
        _ when maxTries > 0 && tries >= maxTries => new ReconnectDecision(null, GaveUp),
        SocketEnd.TryLater => new ReconnectDecision(delay * PatienceFactor),
        _ => new ReconnectDecision(delay),
    };
}
