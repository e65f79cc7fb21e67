using Gateway.Agents.V1.Bridge;
using Gateway.Agents.V1.Rest;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Conversations.Workspaces;

namespace Gateway.Agents.V1;

/// <summary>Makes the bridge of each session. Thread-safe; one for the process.</summary>
internal sealed class V1AgentFactory(
    UpstreamConnections connections, TitleFollowers titles, V1Conversations conversations, V1Workspaces workspaces, IJournalStore journals,
        V1Context services) : IAgentBackendFactory
{
    public string Version => "V1";

    public bool BackendOwnsConversations => true;

    public IBackendConversations Conversations => conversations;

    /// <summary>V0's spelling: its clients and its store have no other.</summary>
    public ConversationId Canonical(ConversationId id) =>
        ConversationUuid.TryParse(id, out var uuid) && ConversationId.TryParse(ConversationUuid.Hex(uuid), out var hex) ? hex : id;

    public IAgentBackend Create(ConversationKey key)
    {
        if (!ConversationUuid.TryParse(key.Id, out var uuid))
        {
            // V1 has no such ids.
            return RefusingAgent.Instance;
        }

        var connection = connections.Create(uuid);
        return new V1Agent(uuid, connection, connections.Rest, journals, titles.Create(uuid, connection), services);
    }

    public IWorkspace WorkspaceOf(ConversationKey key) => workspaces.Of(key.Id);
}
