using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations;

/// <summary>What is known of a conversation at one moment. The caller owns the JSON.</summary>
/// <param name="Metadata">V0's <c>metadata.json</c>; null when there is none, or when it is no JSON object.</param>
/// <param name="Agent">Who answers in it.</param>
/// <param name="Damage">What keeps V0 from reading the metadata; null when nothing does.</param>
internal sealed record ConversationInfo(
    ConversationKey Key, JObject? Metadata, SessionStatus Status, IAgentBackendFactory Agent, MetadataDamage? Damage = null)
{
    /// <summary>
    /// Whose conversation it is (<see cref="IAgentBackendFactory.Version"/>), where that is not the same for all; else null.
    /// </summary>
    public string? LivesAt { get; init; }
}

/// <summary>Some conversations of a user.</summary>
/// <param name="Total">All there are, damaged ones too: the offset at which a list ends, whatever the page shows.</param>
internal sealed record ConversationPage(IReadOnlyList<ConversationInfo> Conversations, int Total);

/// <summary>A conversation to be made.</summary>
/// <param name="Key">Its id, which nobody has, and whose it is.</param>
/// <param name="Agent">Who answers in it (<see cref="IAgentBackendFactory.Choose"/>).</param>
/// <param name="Metadata">Members of V0's metadata that differ from a new one's, such as <c>selected_branch</c> or <c>trigger</c>.</param>
/// <param name="FirstMessage">An action to be submitted at once, as a client would send it; null for none. It is used up.</param>
/// <param name="Instructions">What the agent is to know beside its prompt; null for nothing.</param>
internal sealed record NewConversation(
    ConversationKey Key, IAgentBackendFactory Agent, JObject Metadata, JToken? FirstMessage = null, string? Instructions = null);

/// <summary>A conversation that was made.</summary>
/// <param name="Refusal">Why its first message was refused, or, with a default key, why it was not made.</param>
/// <param name="RefusalId">V0's id of that text, where it has one.</param>
internal readonly record struct CreatedConversation(ConversationKey Key, string? Refusal, string? RefusalId = null);
