namespace Gateway.Conversations;

/// <summary>How a backend's connection to its server stands at one moment, for operators. Immutable; holds no secret.</summary>
/// <param name="State">As <see cref="IAgentBackend.UpstreamState"/>.</param>
/// <param name="Socket">The kind of the socket that is open, or was last; null before the first.</param>
/// <param name="ServerVersion">Null while the server has not said it.</param>
/// <param name="LastNumber">The number of the last event that was taken from the server's log; -1 before the first.</param>
/// <param name="Reconnects">How often it was tried again after a loss.</param>
/// <param name="Reason">Why it was lost last, or could not be made; null when that never was so.</param>
internal sealed record UpstreamStatus(
    string State, string? Socket, string? ServerVersion, int LastNumber, long Reconnects, string? Reason);
