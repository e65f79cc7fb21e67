using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Compare;

/// <summary>One connection as recorded and as played, with what a rule may ask about it. Immutable.</summary>
internal sealed record ConnectionPair
{
    public required int Number { get; init; }

    public required ConnectionView Recorded { get; init; }

    public required ConnectionView Actual { get; init; }

    /// <summary>Null for an HTTP request of its own.</summary>
    public required RecordedLog Log { get; init; }

    public required EventIdMap Ids { get; init; }

    /// <summary>What this connection's client did, and what became of it.</summary>
    public required IReadOnlyList<ClientAction> Actions { get; init; }

    public required string ConversationId { get; init; }

    /// <summary>The highest id that the conversation had when the recorded connection was opened.</summary>
    public required int HeadAtConnect { get; init; }

    /// <summary>A REST call that changes things was recorded during this connection, and was not played.</summary>
    public bool MissesRestEffects { get; init; }

    /// <summary>The recorded server was restarted at this connection's end or before it, and the target was not.</summary>
    public bool MissesRestart { get; init; }

    /// <summary>Some of what the recorded server sent cannot be read from the file.</summary>
    public bool IsPartlyRecorded { get; init; }

    /// <summary>
    /// What the target said without an id on other connections to the conversation, on which the recorded server never answered: there
    /// its session opened earlier.
    /// </summary>
    public IReadOnlyList<WireFrame> SaidEarlier { get; init; } = [];

    /// <summary>The other connections to the same conversation: what was recorded without an id, and what the target said.</summary>
    public IReadOnlyList<OtherTransientMessages> Others { get; init; } = [];

    /// <summary>The recorded connection ended because the server went down and came back.</summary>
    public bool EndsByRestart { get; init; }

    /// <summary>The recording's REST calls; null for a connection.</summary>
    public RestContext? Rest { get; init; }

    /// <summary>For what belongs to no connection.</summary>
    public static ConnectionPair ForRequests(RestContext rest) => new()
    {
        Number = 0,
        Recorded = new ConnectionView([], ConnectionEnd.ByClient, -1),
        Actual = new ConnectionView([], ConnectionEnd.ByClient, -1),
        Log = RecordedLog.Empty,
        Ids = new EventIdMap(RecordedLog.Empty, []),
        Actions = [],
        ConversationId = "",
        HeadAtConnect = -1,
        Rest = rest,
    };

    /// <summary>The recorded id that an event of the target stands for; null when it has none there.</summary>
    public int? RecordedId(SeenEvent actual) => Ids.IsKept(actual.Id) ? null : Ids.ToRecorded(actual.Id);

    /// <summary>The target's event for a recorded id.</summary>
    public SeenEvent? FindActual(int recordedId) => Actual.Find(Ids.ToTarget(recordedId));

    /// <summary>The target's replay covered this recorded id.</summary>
    public bool ActualReplayCovers(int recordedId) => Actual.ReplayCovers(Ids.ToTarget(recordedId));

    // Who is told more than a replay has joined: then the answer was given, and is missing in the recording.
    public bool RecordedWasUnanswered => Recorded is
    {
        IsAnswered: false, AskedToConnect: true, TransientMessages.Count: 0, Acks.Count: 0, Repeats.Count: 0
    };

    public bool ActualWasRefused => Actual.Answers.Any(static answer => answer.Packet is { Kind: WireKind.ConnectError, Namespace: "/" });
}

/// <summary>What one connection was told without an id, as recorded and by the target. Immutable.</summary>
internal sealed record OtherTransientMessages(IReadOnlyList<SeenFrame> Recorded, IReadOnlyList<SeenFrame> Actual)
{
    /// <summary>The target said it here more often than was recorded.</summary>
    public bool HasTooMuch(JToken transientMessage) => Count(Actual, transientMessage) > Count(Recorded, transientMessage);

    /// <summary>It was recorded here more often than the target said it.</summary>
    public bool HasTooLittle(JToken transientMessage) => Count(Actual, transientMessage) < Count(Recorded, transientMessage);

    public bool HasRecorded(JToken transientMessage) => Count(Recorded, transientMessage) > 0;

    private static int Count(IReadOnlyList<SeenFrame> transientMessages, JToken transientMessage) =>
        transientMessages.Count(said => JsonComparer.AreEqual(said.Packet.Argument, transientMessage));
}
