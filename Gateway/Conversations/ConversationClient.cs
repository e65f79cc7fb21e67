using Gateway.Conversations.Runtime;

namespace Gateway.Conversations;

/// <summary>A client in its conversation, as it stands at one moment. Immutable.</summary>
/// <param name="Session">The conversation's session.</param>
/// <param name="Position">The id of the last event that it was given; -1 before the first.</param>
/// <param name="Lag">Events of the log that it has not been given yet.</param>
internal readonly record struct ConversationClient(ConversationSession Session, int Position, int Lag);
