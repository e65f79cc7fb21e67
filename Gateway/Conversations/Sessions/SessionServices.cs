using Gateway.Conversations.Events;

namespace Gateway.Conversations.Sessions;

/// <summary>What every session needs and none owns. Immutable.</summary>
internal sealed record SessionServices(
    ConversationsOptions Options,
    TimeProvider Clock,
    EventWriter Writer,
    CursorScheduler Scheduler,
    ILogger<ConversationSession> Logger,
    ConversationMetrics Metrics);
