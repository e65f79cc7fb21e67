using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;

namespace Gateway.Conversations.Runtime;

/// <summary>What every session needs and none owns. Immutable.</summary>
internal sealed record SessionContext(
    ConversationsOptions Options,
    TimeProvider TimeProvider,
    EventWriter Writer,
    CursorScheduler Scheduler,
    RecentEventBudget RecentEvents,
    IConversationCatalogue Catalogue,
    ILogger<ConversationSession> Logger,
    ConversationMetrics Metrics,
    ConversationGateways Gateways,
    PageReadAhead ReadAhead)
{
    /// <summary>The first pages of conversations that REST has opened (<see cref="ConversationSession.Warm"/>).</summary>
    public PageReadAhead FirstPages { get; } = new(TimeProvider);
}
