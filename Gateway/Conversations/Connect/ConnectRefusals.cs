using Gateway.Access;

namespace Gateway.Conversations.Connect;

/// <summary>
/// V0's texts of CONNECT_ERROR (PROTOCOL.md, "V0 connect"), in the order in which they are checked. The access policy's own stands between
/// <see cref="InvalidConversationId"/> and <see cref="EventsNotAccessible"/>, and what V0 does not have, the limits and a process that is
/// about to stop, after it.
/// </summary>
internal static class ConnectRefusals
{
    public const string NoConversationId = "No conversation_id in query params";
    public const string InvalidConversationId = "Invalid conversation_id";
    public const string EventsNotAccessible = "Failed to access conversation events: ";
    public const string TooManyClientsOfConversation = "The conversation has too many clients; close some of them";
    public const string TooManyClientsOfUser = "You have too many clients; close some of them";
    public const string BadKinds = "Invalid kinds: up to 100 names of actions and observations, as text with commas or as an array";
    public const string OwnConnectionOnly =
        "The conversation is at another server: connect to it with a connection of its own and conversation_id in the query";
    public const string JoinFailed = "Failed to join conversation";
    public const string Draining = "The server is about to stop; connect again in a moment";

    /// <summary>What a metric calls the refusal: one of a fixed set, whatever the text goes on to say.</summary>
    public static string MetricTag(string message) => message switch
    {
        NoConversationId => "no_conversation_id",
        InvalidConversationId => "invalid_conversation_id",
        BadKinds => "invalid_kinds",
        OwnConnectionOnly => "own_connection_only",
        JoinFailed => "join_failed",
        Draining => "draining",
        TooManyClientsOfConversation => "too_many_clients_of_conversation",
        TooManyClientsOfUser => "too_many_clients_of_user",
        _ when message == AccessRefusal.InvalidSessionApiKey.SocketMessage => "invalid_session_api_key",
        _ when message == AccessRefusal.Forbidden.SocketMessage => "forbidden",
        _ when message.StartsWith(EventsNotAccessible, StringComparison.Ordinal) => "events_not_accessible",
        _ => "other",
    };
}
