using Gateway.Conversations;
using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.Canary;

/// <summary>
/// Two agents, of which each conversation has one, for its life: V1's, or the old one. Which it is was decided when it was made, and is
/// stored with it (<c>conversation_version</c> of its metadata); one without a word of it is the old agent's. Immutable; any thread.
/// </summary>
internal sealed class RoutedAgents(IAgentBackendFactory v1, IAgentBackendFactory old, CanaryRule rule, CanaryMetrics metrics)
    : IAgentBackendFactory
{
    /// <summary>Of what the V1 server alone knows.</summary>
    public string Version => v1.Version;

    /// <summary>The V1 server says which conversations it has; the old agent's are in the store, or at its own server.</summary>
    public IBackendConversations? Conversations => v1.Conversations;

    public ConversationId Canonical(ConversationId id) => v1.Canonical(id);

    public IAgentBackendFactory Of(JObject? metadata) => ConversationMetadata.IsOfV1(metadata) ? v1 : old;

    public IAgentBackendFactory Choose(ConversationKey key, HttpRequest? request)
    {
        var chosen = rule.IsForV1(key, request) ? v1 : old;
        metrics.Chosen(isV1: chosen == v1);
        return chosen;
    }

    /// <summary>Nobody answers in conversations in general.</summary>
    public IAgentBackend Create(ConversationKey key) => throw new NotSupportedException("The conversation's own agent is to be asked for.");
}
