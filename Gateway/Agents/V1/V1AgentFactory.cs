using Gateway.Agents.V1.Bridge;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;

using Microsoft.Extensions.Options;

namespace Gateway.Agents.V1;

/// <summary>Makes the bridge of each session. Thread-safe; one for the process.</summary>
internal sealed class V1AgentFactory(
    IOptions<V1Options> options, V1RestClient rest, ISideFiles sideFiles, ConversationTemplate template, V1Services services) : IAgentBackendFactory
{
    private readonly IEndpointLookup _lookup = options.Value.BaseUrl is { Length: > 0 } baseUrl
        ? new FixedEndpoint(V1Endpoint.Create(baseUrl, options.Value.SessionApiKey))
        : new AppServerLookup(V1Endpoint.Create(options.Value.AppServerUrl ?? "", options.Value.SessionApiKey), rest);

    public string Version => "V1";

    public bool KnowsConversations => true;

    /// <summary>V0's spelling: its clients and its store have no other.</summary>
    public ConversationId Canonical(ConversationId id) =>
        ConversationUuid.TryParse(id, out var uuid) && ConversationId.TryParse(ConversationUuid.Hex(uuid), out var hex) ? hex : id;

    public IAgentBackend Create(ConversationKey key) => ConversationUuid.TryParse(key.Id, out var uuid)
        ? new V1Agent(uuid, new UpstreamConnection(uuid, _lookup, rest, template, options, services), rest, sideFiles.Open(key, V1Map.FileName), services)
        : new NotForV1();

    /// <summary>A conversation whose id is no UUID: V1 has none such. Stateless.</summary>
    private sealed class NotForV1 : IAgentBackend
    {
        public bool IsBusy => false;

        public ValueTask<BackendOpening> OpenAsync(IAgentConversation conversation, CancellationToken cancellationToken) =>
            new(BackendOpening.Refused("Failed to join conversation"));

        public ValueTask StartAsync(IAgentConversation conversation, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask OnStoredAsync(StoredEvent storedEvent, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
