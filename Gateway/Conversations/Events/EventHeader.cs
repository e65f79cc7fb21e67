namespace Gateway.Conversations.Events;

/// <summary>Who an event says it is from (PROTOCOL.md, "V0 enumerations"). <see cref="Unknown"/>: absent, or none of V0's three.</summary>
internal enum EventSource
{
    Unknown,
    Agent,
    User,
    Environment,
}

/// <summary>
/// The kinds of event that V0's replay and routing rules tell apart; all others are <see cref="Action"/> or <see cref="Observation"/>.
/// </summary>
internal enum EventKind
{
    /// <summary>Any other action.</summary>
    Action,
    NullAction,
    MessageAction,
    RecallAction,
    ChangeAgentStateAction,

    /// <summary>Any other observation.</summary>
    Observation,
    NullObservation,
    RunObservation,
    RecallObservation,
    AgentStateChanged,
    ErrorObservation,
}

/// <summary>
/// What delivery has to know of an event, scanned from its bytes without parsing it.
/// </summary>
/// <param name="SourceValue">Where the value of the top-level <c>source</c> stands, quotes included; empty when absent.</param>
/// <param name="NeedsRewrite">V0 would show this stored event otherwise than it is stored (PROTOCOL.md, "V0 legacy fields", or the message
/// of a <c>change_agent_state</c>, "V0 stored and shown"): pass it through <c>LegacyRewriter</c> before sending.</param>
/// <param name="Type">The number of its type's name (<see cref="EventType"/>).</param>
internal readonly record struct EventHeader(EventKind Kind, EventSource Source, Range SourceValue, bool NeedsRewrite, uint Type = 0);
