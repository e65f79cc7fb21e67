namespace Gateway.Operations.Operators;

/// <summary>What the top of the page says. Immutable; written as JSON.</summary>
/// <param name="Connected">Sessions at this moment.</param>
/// <param name="InConversations">Those whose client has joined a conversation.</param>
/// <param name="EventsPerSecond">Stored in the last seconds.</param>
/// <param name="Lag">Events that the slowest client has not been given yet.</param>
/// <param name="V0Share">V0's part of today's clients, 0 to 1; null before the first.</param>
internal sealed record NowView(
    DateTimeOffset At, string Version, long UptimeSeconds, int Connected, int InConversations, int Conversations, double EventsPerSecond,
    int Lag, int SlowReaders, StoreView Store, AgentView Agent, IReadOnlyList<NodeView> Nodes, double? V0Share, long V0Today, long V1Today,
    bool ClientsAreKept, int Recordings, bool MayReadEvents, IReadOnlyList<HistoryPoint> History);

/// <summary>The store as it does.</summary>
/// <param name="Problem">Null while it works.</param>
internal sealed record StoreView(string Kind, string? Problem, DateTimeOffset? Since);

/// <summary>Who answers in conversations.</summary>
/// <param name="Version"><c>V0</c> or <c>V1</c>.</param>
/// <param name="Problem">Why its server does not answer; null while it does, and without one.</param>
internal sealed record AgentView(string Version, string? Problem);

/// <summary>A gateway that shares the store.</summary>
internal sealed record NodeView(string Name, bool IsThis, bool IsFresh);
