using Gateway.Conversations.Events;

namespace Gateway.Conversations.Replay;

/// <summary>How an event goes to a client that is live.</summary>
internal enum LiveRoute
{
    /// <summary>Stored, and shown by a later replay at most.</summary>
    NotSent,

    /// <summary>As it is stored.</summary>
    AsStored,

    /// <summary>With <c>source</c> changed to <c>agent</c>.</summary>
    AsAgent,
}

/// <summary>V0's rules of what a client is shown, all in this class (PROTOCOL.md, "V0 replay" and "V0 live delivery"). Pure.</summary>
internal static class ReplayPolicy
{
    /// <summary>
    /// Whether a replay shows the event at all. Of the agent states only the newest is shown: <see cref="IsAgentState"/>.
    /// </summary>
    public static bool IsReplayed(EventKind kind) =>
        kind is not (EventKind.NullAction or EventKind.NullObservation or EventKind.RecallAction);

    public static bool IsAgentState(EventKind kind) => kind is EventKind.AgentStateChanged;

    public static LiveRoute RouteLive(EventHeader header) => header switch
    {
        { Kind: EventKind.NullAction or EventKind.NullObservation } => LiveRoute.NotSent,
        { Source: EventSource.Environment } => header.Kind switch
        {
            EventKind.RunObservation or EventKind.AgentStateChanged or EventKind.RecallObservation or EventKind.ErrorObservation =>
                LiveRoute.AsAgent,
            _ => LiveRoute.NotSent,
        },
        _ => LiveRoute.AsStored,
    };
}
