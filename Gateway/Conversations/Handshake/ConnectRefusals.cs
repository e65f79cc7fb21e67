namespace Gateway.Conversations.Handshake;

/// <summary>V0's texts of CONNECT_ERROR (facts B.1), in the order in which they are checked.</summary>
internal static class ConnectRefusals
{
    public const string NoConversationId = "No conversation_id in query params";
    public const string InvalidConversationId = "Invalid conversation_id";
    public const string InvalidSessionApiKey = "invalid_session_api_key";
    public const string EventsNotAccessible = "Failed to access conversation events: ";
    public const string JoinFailed = "Failed to join conversation";
}
