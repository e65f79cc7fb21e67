using Gateway.Conversations;

namespace Gateway.Agents.V0;

/// <summary>
/// Stands for the conversations that the V0 server behind this one has: requests for them are passed on to it before they come to an agent,
/// and what comes here all the same is refused, and makes nothing. Stateless.
/// </summary>
internal sealed class ElsewhereAgent : IAgentBackendFactory
{
    public bool IsElsewhere => true;

    public bool BackendOwnsConversations => true;

    public IAgentBackend Create(ConversationKey key) => RefusingAgent.Instance;
}
