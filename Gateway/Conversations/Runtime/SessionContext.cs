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
    PageReadAhead ReadAhead);
