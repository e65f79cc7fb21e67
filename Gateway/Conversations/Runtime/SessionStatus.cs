namespace Gateway.Conversations.Runtime;

/// <summary>Whether a conversation has a session.</summary>
internal enum SessionState
{
    Closed,

    /// <summary>One is being opened, or the conversation is being deleted.</summary>
    Opening,

    Open,
}

/// <summary>How a conversation's session stands at one moment.</summary>
/// <param name="Clients">Sockets in the room.</param>
/// <param name="UpstreamState">As <see cref="IAgentBackend.UpstreamState"/>.</param>
/// <param name="LastActive">As <see cref="ConversationSession.LastActive"/>.</param>
internal readonly record struct SessionStatus(
    SessionState State, int Clients = 0, string? UpstreamState = null, DateTimeOffset? LastActive = null);
