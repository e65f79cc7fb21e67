using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Compare;

internal enum DifferenceKind
{
    /// <summary>The recording gave an event that the target did not.</summary>
    MissingEvent,

    /// <summary>The target gave an event that the recording did not.</summary>
    ExtraEvent,

    /// <summary>One side gave an id twice.</summary>
    RepeatedEvent,

    /// <summary>Both gave the event, and something in it differs.</summary>
    ChangedField,

    /// <summary>Two events came in another order.</summary>
    Order,

    /// <summary>The answer to CONNECT.</summary>
    Answer,
    MissingTransientMessage,
    ExtraTransientMessage,
    MissingAck,
    ExtraAck,
    ChangedAck,
    Disconnect,
    End,
    Handshake,
    Http,

    /// <summary>A REST call is answered otherwise.</summary>
    Rest,

    /// <summary>At level exact: the frames are not the same, one by one.</summary>
    Frame,
}

/// <summary>One thing in which a target is unlike the recording. Whether it is meant so, the rules say. Immutable.</summary>
/// <param name="Connection">The connection's number; 0 for a request of its own.</param>
/// <param name="Frame">The place among the connection's recorded frames; -1 when there is none.</param>
/// <param name="What">One line for a reader.</param>
internal sealed record Difference(DifferenceKind Kind, int Connection, int Frame, string What)
{
    /// <summary>Where in the event, for a changed field.</summary>
    public string Pointer { get; init; } = "";

    /// <summary>At level exact, the rules by which level meaning would call it intended.</summary>
    public IReadOnlyList<string> IntendedBy { get; init; } = [];

    public JToken? Recorded { get; init; }

    public JToken? Actual { get; init; }

    public SeenEvent? RecordedEvent { get; init; }

    public SeenEvent? ActualEvent { get; init; }

    public WireFrame? RecordedPacket { get; init; }

    public WireFrame? ActualPacket { get; init; }

    /// <summary>
    /// The call and its answer, for a difference of REST; <see cref="Pointer"/> is then a place in the body, or a header's name.
    /// </summary>
    public RestOutcome? Rest { get; init; }
}
