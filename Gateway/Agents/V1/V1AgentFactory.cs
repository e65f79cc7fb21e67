using Gateway.Agents.V1.Bridge;
using Gateway.Agents.V1.Rest;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Conversations.Events;
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
            return new NotForV1();
        }

        var connection = connections.Create(uuid);
        return new V1Agent(uuid, connection, connections.Rest, journals, titles.Create(uuid, connection), services);
    }

    public IWorkspace WorkspaceOf(ConversationKey key) => workspaces.Of(key.Id);

    /// <summary>A conversation whose id is no UUID: V1 has none such. Stateless.</summary>
    private sealed class NotForV1 : IAgentBackend
    {
        public bool IsBusy => false;

        public ValueTask<BackendOpening> OpenAsync(IAgentConversation conversation, CancellationToken cancellationToken) =>
            new(BackendOpening.Refused("Failed to join conversation"));

        public ValueTask StartAsync(IAgentConversation conversation, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask<bool> OnStoredAsync(StoredEvent storedEvent, CancellationToken cancellationToken) => ValueTask.FromResult(true);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
