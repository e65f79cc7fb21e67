using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Compare;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Rules;

/// <summary>The source of an environment's event.</summary>
internal sealed class LiveSourceRule : DifferenceRule
{
    public override string Name => "live-source";

    public override string Reason =>
        "Live, an environment's event says source agent; replayed, it says environment. Which of both an event meets is a matter of timing.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.ChangedField, Pointer: "/source", RecordedEvent: { } recorded, ActualEvent: { } actual }
        && recorded.InReplay != actual.InReplay
        && (recorded.InReplay ? recorded : actual).Event.Source == "environment"
        && (recorded.InReplay ? actual : recorded).Event.Source == "agent";
}

/// <summary>The time-out that V0's runtime writes into a live action.</summary>
internal sealed class LiveTimeoutRule : DifferenceRule
{
    public override string Name => "live-timeout";

    public override string Reason =>
        "V0's runtime writes its default time-out into an action while it is being sent; the stored event has none.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.ChangedField, Pointer: "/timeout", RecordedEvent: { } recorded, ActualEvent: { } actual }
        && recorded.Event.Action is not null
        && (finding.Actual is null ? !recorded.InReplay
            && IsNumber(finding.Recorded) : finding.Recorded is null
            && !actual.InReplay
            && IsNumber(finding.Actual));

    private static bool IsNumber(JToken? token) => token.AsNumber() is not null;
}

/// <summary>V0's threads overtake each other.</summary>
internal sealed class IdOrderRule : DifferenceRule
{
    public override string Name => "id-order";

    public override string Reason =>
        "V0 publishes from two threads, so live events may swap places; here they come in the order of their ids.";

    // As far apart as two threads have been seen to get.
    private const int Neighbourhood = 8;

    // The target's order must be that of the ids: the other way round nothing is excused. Nor is disorder in a replay, which one thread
    // sends; what was born after the connect may have come between, and without an answer nothing tells the replay's end.
    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.Order, Actual: JArray { Count: 2 } order }
        && order[1].Value<int>() - order[0].Value<int>() is > 0 and <= Neighbourhood
        && (!pair.Recorded.IsAnswered || order.Any(id => MayBeLive(pair, id.Value<int>())));

    private static bool MayBeLive(ConnectionPair pair, int id) => id > pair.HeadAtConnect || pair.Recorded.Find(id) is { InReplay: false };
}

/// <summary>A status update that went to another client of the conversation.</summary>
internal sealed class SaidToAnotherRule : DifferenceRule
{
    public override string Name => "said-to-another";

    public override string Reason =>
        "A status update goes to those who are in the room at that moment; here another client of the same conversation was.";

    // One for one: what is missing here must be too much elsewhere, and the other way round.
    public override bool Allows(Difference finding, ConnectionPair pair) => finding switch
    {
        { Kind: DifferenceKind.MissingTransientMessage, RecordedPacket: { EventName: "oh_event", Argument: { } missing } } =>
            missing.Member("status_update") is not null && pair.Others.Any(other => other.HasTooMuch(missing)),
        { Kind: DifferenceKind.ExtraTransientMessage, ActualPacket: { EventName: "oh_event", Argument: { } extra } } =>
            extra.Member("status_update") is not null && pair.Others.Any(other => other.HasTooLittle(extra)),
        _ => false,
    };
}

/// <summary>The stopped state, that V0 says to an empty room.</summary>
internal sealed class StoppedStateRule : DifferenceRule
{
    public override string Name => "stopped-before-disconnect";

    public override string Reason =>
        "V0 disconnects its clients and then sends the stopped state to an empty room; here the state comes first.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.ExtraTransientMessage, ActualPacket: { EventName: "oh_event", Argument: JObject json } }
        && pair is { Actual.Disconnect: not null, Recorded.Disconnect: not null }
            or { Actual.End.ByServer: true, Recorded.End.ByServer: true }
        && finding is { Kind: DifferenceKind.ExtraTransientMessage, ActualPacket.Argument: JObject state }
        && state["id"] is null
        && JToken.DeepEquals(state["observation"], "agent_state_changed")
        && JToken.DeepEquals(state["extras"].Member("agent_state"), "stopped");
}
