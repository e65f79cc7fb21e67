using Gateway.Conversations;
using Gateway.Conversations.Events;

namespace Gateway.Agents.None;

/// <summary>Nobody answers: events come from clients alone. Stateless; one instance serves every session.</summary>
internal sealed class NoAgent : IAgentBackend, IAgentBackendFactory
{
    public bool IsBusy => false;

    public IAgentBackend Create(ConversationKey key) => this;

    public ValueTask StartAsync(IAgentConversation conversation, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask OnStoredAsync(StoredEvent storedEvent, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
