using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Rules;

/// <summary>A bad action gets an answer.</summary>
internal sealed class BadActionAnsweredRule : DifferenceRule
{
    public override string Name => "bad-action-answered";

    public override string Reason => "V0 drops a bad action without a word; here its sender is told what is wrong with it.";

    // Only a client whose action the recorded server did drop may be told so, and once for each.
    public override bool Allows(Difference finding, ConnectionPair pair)
    {
        var dropped = pair.Actions.Count(static action => action.IsDropped);
        return finding switch
        {
            { Kind: DifferenceKind.ExtraTransientMessage, ActualPacket: { EventName: "oh_event" } packet } =>
                IsError(packet.Argument)
                    && pair.Actual.TransientMessages.Count(static transientMessage => IsError(transientMessage.Packet.Argument)) <= dropped,
            {
                Kind: DifferenceKind.ChangedAck or DifferenceKind.ExtraAck,
                ActualPacket: { AckId: { } ack, Payload: JArray { Count: 1 } payload }
            } =>
                IsError(payload[0]) && pair.Actions.Any(action => action.IsDropped && action.AckId == ack),
            _ => false,
        };
    }

    private static bool IsError(JToken? json) =>
        json is JObject error && JToken.DeepEquals(error["error"], true) && error["message"] is { Type: JTokenType.String };
}

/// <summary>An action with an argument too many is kept.</summary>
internal sealed class ActionKeptRule : DifferenceRule
{
    public override string Name => "action-kept";

    public override string Reason =>
        "V0 drops a whole action for one argument that it does not know; here the action is kept without that argument.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.ExtraEvent, ActualEvent: { } actual } && pair.Ids.IsKept(actual.Id);
}

/// <summary>Arguments that an early V0 did not write.</summary>
internal sealed class LaterArgumentsRule : DifferenceRule
{
    public override string Name => "later-arguments";

    public override string Reason =>
        "A later V0 writes every argument of an action, with its default; an early one did not have file_urls and security_risk yet.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.ChangedField, Recorded: null, RecordedEvent.Event.Source: "user" } && finding switch
        {
            { Pointer: "/args/file_urls", Actual.Type: JTokenType.Null } => true,
            { Pointer: "/args/security_risk", Actual: JValue { Value: -1L } } => true,
            _ => false,
        };
}

/// <summary>A malformed packet ends the connection.</summary>
internal sealed class MalformedClosesRule : DifferenceRule
{
    public override string Name => "malformed-closes";

    public override string Reason =>
        "V0 ignores malformed packets, and a frame that is too large resets it; here the connection is closed and the close says why.";

    private static readonly string[] s_reserved =
        ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

    // What came before the malformed packet is owed in full.
    public override bool Allows(Difference finding, ConnectionPair pair)
    {
        var malformed = FirstMalformed(pair.Recorded);
        if (malformed < 0 || !(pair.Actual.End.ByServer || pair.Actual.Disconnect is not null))
        {
            return false;
        }

        return finding.Kind switch
        {
            DifferenceKind.End => !pair.Recorded.End.ByServer,
            DifferenceKind.Disconnect => pair.Recorded.Disconnect is null,
            DifferenceKind.MissingEvent or DifferenceKind.MissingTransientMessage or DifferenceKind.MissingAck or DifferenceKind.Answer =>
                finding.Frame > malformed,
            _ => false,
        };
    }

    /// <summary>The place of the client's first packet that no server has to bear; -1 when there is none.</summary>
    public static int FirstMalformed(ConnectionView view)
    {
        var (left, connected) = (false, false);
        for (var i = 0; i < view.Frames.Count; i++)
        {
            var (fromClient, frame) = view.Frames[i];
            if (fromClient && ((left && frame.IsMessage) || IsMalformed(frame, connected)))
            {
                return i;
            }

            connected |= fromClient && frame is { Kind: WireKind.Connect, Namespace: "/" };
            left |= fromClient && frame is { Kind: WireKind.Disconnect, Namespace: "/" };
        }

        return -1;
    }

    // A second CONNECT, an unasked ping, an upgrade packet without upgrade: V0 has no use for them either.
    private static bool IsMalformed(WireFrame frame, bool connected) => frame.Kind switch
    {
        WireKind.Malformed or WireKind.Noop => true,
        WireKind.Ping => frame.Text != "2probe",
        WireKind.Connect => frame.Namespace != "/" || connected,
        WireKind.Event or WireKind.BinaryEvent => s_reserved.Contains(frame.EventName) || frame.Namespace != "/",
        _ => false,
    };
}
