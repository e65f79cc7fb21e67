using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Rules;

/// <summary>A session's first client is given the replay and then the queue of what was live meanwhile.</summary>
internal sealed class GivenTwiceRule : DifferenceRule
{
    public override string Name => "given-twice";

    public override string Reason => "V0 gives its first client the replay and then its queue, so ids come again; here each id comes once.";

    private static readonly string[] s_sources = ["agent", "environment"];

    // It excuses a repetition of the same event alone: its first giving is compared like any other.
    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.RepeatedEvent, RecordedEvent: { } repeat, ActualEvent: null }
        && pair.Recorded.Find(repeat.Id) is { } first
        && JsonComparer.Compare(first.Event.Json, repeat.Event.Json).All(IsOfLiveDelivery);

    /// <summary>What V0 writes into an event while it sends it, and does not store.</summary>
    public static bool IsOfLiveDelivery(JsonDifference difference) => difference switch
    {
        { Pointer: "/source" } => new[] { difference.Recorded.AsText(), difference.Actual.AsText() }.Order().SequenceEqual(s_sources),
        { Pointer: "/timeout" } => difference is { Recorded: null, Actual: not null } or { Recorded: not null, Actual: null },
        _ => false,
    };
}

/// <summary>A replay leaves out what live delivery gives: recall actions, and all agent states but the newest.</summary>
internal sealed class LeftOutOfReplayRule : DifferenceRule
{
    public override string Name => "left-out-of-replay";

    public override string Reason =>
        "A replay leaves out recall actions and all agent states but the newest; live they are sent. Which of both an event meets is a matter of timing.";

    public override bool Allows(Difference finding, ConnectionPair pair) => finding switch
    {
        { Kind: DifferenceKind.MissingEvent, RecordedEvent: { InReplay: false } recorded } =>
            recorded.Event.MayBeLeftOutOfReplay
                && pair.ActualReplayCovers(recorded.Id)
                && HasNewerState(recorded.Event, pair.Actual, pair.Ids.ToTarget(recorded.Id)),

        // The recorded replay gave this state as its newest; the target's replay had a newer one.
        { Kind: DifferenceKind.MissingEvent, RecordedEvent: { InReplay: true, Event.IsAgentState: true } recorded } =>
            pair.ActualReplayCovers(recorded.Id) && HasNewerState(recorded.Event, pair.Actual, pair.Ids.ToTarget(recorded.Id)),
        { Kind: DifferenceKind.ExtraEvent, ActualEvent: { } actual } =>
            actual.Event.MayBeLeftOutOfReplay
                && pair.RecordedId(actual) is { } id
                && pair.Recorded.ReplayCovers(id)
                && HasNewerState(actual.Event, pair.Recorded, id),
        _ => false,
    };

    private static bool HasNewerState(V0Event left, ConnectionView view, int id) =>
        !left.IsAgentState || view.Events.Exists(seen => seen is { InReplay: true, Event.IsAgentState: true } && seen.Id > id);
}

/// <summary>Some events of the environment are replayed and never sent live.</summary>
internal sealed class NeverSentLiveRule : DifferenceRule
{
    public override string Name => "never-sent-live";

    public override string Reason =>
        "Events of the environment such as change_agent_state are replayed but never sent live. Which of both an event meets is a matter of timing.";

    public override bool Allows(Difference finding, ConnectionPair pair) => finding switch
    {
        { Kind: DifferenceKind.MissingEvent, RecordedEvent: { InReplay: true } recorded } =>
            recorded.Event.IsNeverLive && pair.Ids.ToTarget(recorded.Id) > pair.Actual.ReplayedThrough,
        { Kind: DifferenceKind.ExtraEvent, ActualEvent: { InReplay: true } actual } =>
            actual.Event.IsNeverLive && pair.RecordedId(actual) is { } id && id > pair.Recorded.ReplayedThrough && IsKnown(pair, id),
        _ => false,
    };

    private static bool IsKnown(ConnectionPair pair, int id) => pair.Log.Find(id) is not null;
}

/// <summary>The first client is given V0's queue although it said that it has those events.</summary>
internal sealed class KnownToClientRule : DifferenceRule
{
    public override string Name => "known-to-client";

    public override string Reason =>
        "V0's queue goes to the first client even when latest_event_id says that it has those events; here they are not sent again.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.MissingEvent, RecordedEvent: { InReplay: false } recorded }
            && recorded.Id <= pair.Recorded.LatestEventId
            && recorded.Id <= pair.HeadAtConnect
            && IsAsStored(recorded, pair);

    // It does not come here, so nothing else compares it.
    private static bool IsAsStored(SeenEvent recorded, ConnectionPair pair) => pair.Log.Find(recorded.Id) is not { } stored
        || JsonComparer.Compare(stored.Json, recorded.Event.Json).All(GivenTwiceRule.IsOfLiveDelivery);
}

/// <summary>V0's gap between a client's replay and its place in the room.</summary>
internal sealed class LostBeforeJoinRule : DifferenceRule
{
    public override string Name => "lost-before-join";

    public override string Reason =>
        "V0 never sends what is stored after a client's replay was read and before the client is in the room; here nothing is lost.";

    // It was born in the session, and what the client got live begins behind it.
    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.ExtraEvent, ActualEvent: { } actual }
        && pair.RecordedId(actual) is { } id
        && pair.Log.Find(id) is not null
        && !pair.Log.IsFromBefore(id)
        && pair.Recorded.FirstLiveId != int.MaxValue
        && id > pair.Recorded.ReplayedThrough
        && id < pair.Recorded.FirstLiveId
        && id > pair.Recorded.LatestEventId;
}

/// <summary>The place of the newest agent state within a replay.</summary>
internal sealed class StatePlaceRule : DifferenceRule
{
    public override string Name => "state-place";

    public override string Reason =>
        "V0 replays the newest agent state last, so that clients take its lower id for their newest; here it stands in its place by id.";

    public override bool Allows(Difference finding, ConnectionPair pair)
    {
        if (finding is not { Kind: DifferenceKind.Order, ActualEvent: { } actual, Actual: JArray { Count: 2 } order })
        {
            return false;
        }

        var states = pair.Actual.Events.FindAll(static seen => seen is { InReplay: true, Event.IsAgentState: true });

        // Exactly one state, and it comes first of the two whose order is in question, as its id does.
        return states.Count == 1 && pair.RecordedId(states[0]) == order[0].Value<int>() && states[0].Id < actual.Id;
    }
}

/// <summary>The target has more of the log when a connection is opened, or until it is closed.</summary>
internal sealed class AheadOfRecordingRule : DifferenceRule
{
    public override string Name => "ahead-of-recording";

    public override string Reason =>
        "The target was further in the same log than the recorded server when the client left, so the client also got what came next.";

    // Only events of the recorded log count, past all that this connection was given, and what was said to others after all that it was
    // told.
    public override bool Allows(Difference finding, ConnectionPair pair) => finding switch
    {
        { Kind: DifferenceKind.ExtraEvent, ActualEvent: { } actual } =>
            pair.RecordedId(actual) is { } id && pair.Log.Find(id) is not null && id > LastGiven(pair),
        { Kind: DifferenceKind.ExtraTransientMessage, ActualPacket: { EventName: "oh_event", Argument: JObject transientMessage } } =>
            !pair.Recorded.End.ByServer
            && pair.Actual.TransientMessages
                .FindLastIndex(said =>
                    JsonComparer.AreEqual(said.Packet.Argument, transientMessage)) >= pair.Recorded.TransientMessages.Count
            && pair.Others.Any(other => other.HasRecorded(transientMessage)),
        _ => false,
    };

    private static int LastGiven(ConnectionPair pair) =>
        pair.Recorded.Events.Select(static seen => seen.Id).DefaultIfEmpty(Math.Min(pair.Recorded.LatestEventId, pair.HeadAtConnect)).Max();
}
