using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Replay;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.None;

/// <summary>
/// Nobody answers: events come from clients alone. A conversation that is new, or was stopped, and is started by V0's routes says that its
/// agent waits for the user: V0's web UI lets nobody write before. One that a client's connect opens stays as it is stored. Stateless; one
/// instance serves every session.
/// </summary>
internal sealed class NoAgent : IAgentBackend, IAgentBackendFactory
{
    public bool IsBusy => false;

    public bool HearsFromLog => true;

    public IAgentBackend Create(ConversationKey key) => this;

    public async ValueTask StartAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        if (!conversation.IsStartedByServer)
        {
            return;
        }

        try
        {
            var state = await new NewestAgentState().ReadAsync(conversation.Log, cancellationToken);
            if (state is null or AgentStates.Loading or AgentStates.Stopped)
            {
                // V0's order, with nothing of an agent in between.
                await AppendAsync(conversation, AgentStates.Changed(AgentStates.Loading), cancellationToken);
                await AppendAsync(conversation, AgentStates.ToChange(AgentStates.AwaitingUserInput), cancellationToken);
                await AppendAsync(conversation, AgentStates.Changed(AgentStates.AwaitingUserInput), cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A store that may only be read is read all the same; who writes is told then.
        }
    }

    public ValueTask<bool> OnStoredAsync(StoredEvent storedEvent, CancellationToken cancellationToken) => ValueTask.FromResult(true);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async ValueTask AppendAsync(
        IAgentConversation conversation, JObject draft, CancellationToken cancellationToken) =>
        await conversation.AppendAsync(draft, EventSource.Environment, cancellationToken);
}
