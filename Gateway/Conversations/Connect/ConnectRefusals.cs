namespace Gateway.Conversations.Connect;

/// <summary>
/// V0's texts of CONNECT_ERROR (PROTOCOL.md, "V0 connect"), in the order in which they are checked. The access policy's own stands between
/// <see cref="InvalidConversationId"/> and <see cref="EventsNotAccessible"/>, and the limits, which V0 does not have, after it.
/// </summary>
internal static class ConnectRefusals
{
    public const string NoConversationId = "No conversation_id in query params";
    public const string InvalidConversationId = "Invalid conversation_id";
    public const string EventsNotAccessible = "Failed to access conversation events: ";
    public const string TooManyClientsOfConversation = "The conversation has too many clients; close some of them";
    public const string TooManyClientsOfUser = "You have too many clients; close some of them";
    public const string JoinFailed = "Failed to join conversation";
}
