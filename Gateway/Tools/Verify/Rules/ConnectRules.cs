using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Rules;

/// <summary>What hangs in V0 is answered.</summary>
internal sealed class UnansweredConnectRule : DifferenceRule
{
    public override string Name => "connect-answered";

    public override string Reason =>
        "V0 leaves some connects without any answer (a missing key, an unknown provider, an auth payload, a damaged event); here each is answered.";

    public override bool Allows(Difference finding, ConnectionPair pair) => pair.RecordedWasUnanswered && finding switch
    {
        { Kind: DifferenceKind.Answer, RecordedPacket: null, ActualPacket.Namespace: "/" } => true,

        // Joined well, the client gets what the log has, and only that.
        { Kind: DifferenceKind.ExtraEvent, ActualEvent: { } actual } => pair.RecordedId(actual) is { } id && pair.Log.Find(id) is not null,

        // What the session says once it is joined. The recording cannot tell, as nobody got that far.
        { Kind: DifferenceKind.ExtraTransientMessage, ActualPacket: { EventName: "oh_event", Argument: JObject json } } =>
            json["status_update"] is not null,
        { Kind: DifferenceKind.End or DifferenceKind.Disconnect } => pair is { ActualWasRefused: true, Recorded.Disconnect: null },
        _ => false,
    };
}

/// <summary>The conversation was opened by a connect that V0 never answered.</summary>
internal sealed class OpenedEarlierRule : DifferenceRule
{
    public override string Name => "opened-earlier";

    public override string Reason =>
        "An earlier connect, which V0 never answered, has opened the conversation here: what is said at its opening was said to that client.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.MissingTransientMessage, RecordedPacket: { EventName: "oh_event", Argument: { } missing } }
        && pair.SaidEarlier.Any(said => JsonComparer.AreEqual(missing, said.Argument));
}

/// <summary>A conversation id that could be a path.</summary>
internal sealed class RefusedIdRule : DifferenceRule
{
    public override string Name => "refused-id";

    public override string Reason =>
        "V0 takes any text as a conversation id and writes outside its store; here an id is 1 to 128 of A-Z a-z 0-9 _ -, and others are refused.";

    public override bool Allows(Difference finding, ConnectionPair pair) => !IsId(pair.ConversationId)
        && pair.Actual.Answers
            .Exists(static answer =>
                answer.Packet is { Kind: WireKind.ConnectError, Namespace: "/" }
                    && JToken.DeepEquals(answer.Packet.Payload.Member("message"), "Invalid conversation_id"))
        && finding.Kind is DifferenceKind.Answer
            or DifferenceKind.MissingEvent
            or DifferenceKind.RepeatedEvent
            or DifferenceKind.MissingTransientMessage
            or DifferenceKind.Disconnect
            or DifferenceKind.End
            or DifferenceKind.Http
        && (finding.Kind != DifferenceKind.Http || HttpComparer.IsGone(finding))
        && finding is not { Kind: DifferenceKind.Answer, Recorded: JObject { Count: 1 } and { First: JProperty { Name: "message" } } };

    private static bool IsId(string text) =>
        text is { Length: > 0 and <= 128 } && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}

/// <summary>A refusal's form.</summary>
internal sealed class ErrorObjectRule : DifferenceRule
{
    public override string Name => "connect-error-object";

    public override string Reason =>
        "V0 refuses a namespace, or a second CONNECT, with a bare string; clients expect an object with a message.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is
        {
            Kind: DifferenceKind.Answer, RecordedPacket: { Kind: WireKind.ConnectError } recorded,
            ActualPacket: { Kind: WireKind.ConnectError } actual
        }
        && recorded.Namespace == actual.Namespace
        && finding.Recorded is JValue { Type: JTokenType.String }
        && finding.Actual is JObject json
        && json["message"] is JValue { Type: JTokenType.String };
}

/// <summary>After a refusal the server closes.</summary>
internal sealed class RefusalClosesRule : DifferenceRule
{
    public override string Name => "refusal-closes";

    public override string Reason => "V0 leaves a refused connection open until the client goes; here it is closed after a short grace.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        (finding.Kind is DifferenceKind.End or DifferenceKind.Disconnect || HttpComparer.IsGone(finding))
        && pair is { ActualWasRefused: true, Recorded.End.ByServer: false }
        && pair.Actual.Answers.TrueForAll(static answer => answer.Packet.Kind == WireKind.ConnectError);
}

/// <summary>After a disconnect packet the server closes.</summary>
internal sealed class DisconnectClosesRule : DifferenceRule
{
    public override string Name => "disconnect-closes";

    public override string Reason => "V0 sends 41 and leaves the socket open until the client goes; here it is closed as well.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        (finding.Kind == DifferenceKind.End || HttpComparer.IsGone(finding))
            && pair is { Recorded: { Disconnect: not null, End.ByServer: false }, Actual: { Disconnect: not null, End.ByServer: true } };
}

/// <summary>What a server announces about itself.</summary>
internal sealed class AnnouncedLimitsRule : DifferenceRule
{
    public override string Name => "announced-limits";

    public override string Reason => "Heartbeat times and the largest payload are settings of a server; a client takes them as they are.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is
        {
            Kind: DifferenceKind.Handshake, Pointer: "/pingInterval" or "/pingTimeout" or "/maxPayload",
            Actual.Type: JTokenType.Integer
        } && finding.Actual.Value<long>() > 0;
}
