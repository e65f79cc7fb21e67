using Gateway.Conversations;
using Gateway.Conversations.Events;

namespace Gateway.Agents;

/// <summary>Answers in no conversation: whoever connects to one is refused, with V0's text. Stateless; one instance serves all.</summary>
internal sealed class RefusingAgent : IAgentBackend
{
    public static RefusingAgent Instance { get; } = new();

    public bool IsBusy => false;

    public ValueTask<BackendOpening> OpenAsync(IAgentConversation conversation, CancellationToken cancellationToken) =>
        new(BackendOpening.Refused("Failed to join conversation"));

    public ValueTask StartAsync(IAgentConversation conversation, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask<bool> OnStoredAsync(StoredEvent storedEvent, CancellationToken cancellationToken) => ValueTask.FromResult(true);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
