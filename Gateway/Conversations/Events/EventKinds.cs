using System.Text;

namespace Gateway.Conversations.Events;

/// <summary>Which of the kinds that delivery tells apart a type's name means. Pure; allocates nothing.</summary>
internal static class EventKinds
{
    private const int LongestName = 32;

    public static EventKind OfAction(ReadOnlySpan<byte> action) => action.Length switch
    {
        4 when action.SequenceEqual("null"u8) => EventKind.NullAction,
        7 when action.SequenceEqual("message"u8) => EventKind.MessageAction,
        6 when action.SequenceEqual("recall"u8) => EventKind.RecallAction,
        18 when action.SequenceEqual("change_agent_state"u8) => EventKind.ChangeAgentStateAction,
        _ => EventKind.Action,
    };

    public static EventKind OfObservation(ReadOnlySpan<byte> observation) => observation.Length switch
    {
        4 when observation.SequenceEqual("null"u8) => EventKind.NullObservation,
        3 when observation.SequenceEqual("run"u8) => EventKind.RunObservation,
        6 when observation.SequenceEqual("recall"u8) => EventKind.RecallObservation,
        19 when observation.SequenceEqual("agent_state_changed"u8) => EventKind.AgentStateChanged,
        5 when observation.SequenceEqual("error"u8) => EventKind.ErrorObservation,
        _ => EventKind.Observation,
    };

    public static EventKind Of(string name, bool isAction)
    {
        Span<byte> bytes = stackalloc byte[LongestName];
        var isShort = Encoding.UTF8.TryGetBytes(name, bytes, out var length);
        var known = isShort ? bytes[..length] : [];
        return isAction ? OfAction(known) : OfObservation(known);
    }
}
