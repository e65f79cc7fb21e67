using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Rules;

/// <summary>The code of a close.</summary>
internal sealed class CloseCodeRule : DifferenceRule
{
    public override string Name => "close-code";

    public override string Reason =>
        "V0 closes with 1000 whatever the cause; here the code names the cause, as 1009 for a frame that is too large and 1001 or 1012 for a server that goes.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding.Kind == DifferenceKind.End && (pair.Recorded.End, pair.Actual.End) switch
        {
            ({ ByServer: true, Code: 1000 }, { ByServer: true, Code: 1000 or 1001 or 1002 or 1006 or 1008 or 1009 or 1011 }) => true,
            ({ ByServer: true, Code: 1012 or 1006 }, { ByServer: true, Code: 1000 or 1001 or 1006 or 1012 }) => pair.EndsByRestart,
            _ => false,
        };
}

/// <summary>A restart that cannot be played.</summary>
internal sealed class RestartNotPlayedRule : DifferenceRule
{
    public override string Name => "restart-not-played";

    public override string Reason =>
        "The recorded server was restarted (1012, or killed); a target given by its URL is not ours to restart, so the client leaves instead and what the restart did is missing.";

    public override bool Allows(Difference finding, ConnectionPair pair) => pair.MissesRestart && finding switch
    {
        { Kind: DifferenceKind.End } => pair.EndsByRestart && !pair.Actual.End.ByServer,
        { Kind: DifferenceKind.MissingTransientMessage, RecordedPacket: { EventName: "oh_event" } packet } =>
            packet.Argument.Member("status_update") is not null,
        { Kind: DifferenceKind.ExtraTransientMessage, ActualPacket: { EventName: "oh_event" } packet } =>
            packet.Argument.Member("status_update") is not null,

        // The agent went on without a stop, so what was live then may be history now, and the other way round: the log tells.
        { Kind: DifferenceKind.ExtraEvent, ActualEvent: { } actual } => pair.RecordedId(actual) is { } id && pair.Log.Find(id) is not null,
        _ => false,
    };
}

/// <summary>What a REST call did.</summary>
internal sealed class SkippedRestRule : DifferenceRule
{
    public override string Name => "skipped-rest";

    public override string Reason =>
        "A REST call that was recorded meanwhile was not played, so what it did to this connection did not happen.";

    public override bool Allows(Difference finding, ConnectionPair pair) => pair.MissesRestEffects && finding switch
    {
        { Kind: DifferenceKind.Disconnect or DifferenceKind.End } => pair.Recorded.Disconnect is not null && pair.Actual.Disconnect is null,
        { Kind: DifferenceKind.MissingTransientMessage, RecordedPacket: { EventName: "oh_event", Argument: JObject json } } =>
            JToken.DeepEquals(json["id"], "AGENT_ERROR$TOO_MANY_CONVERSATIONS") || json["conversation_title"] is not null,
        _ => false,
    };
}

/// <summary>A recording with holes.</summary>
internal sealed class PartlyRecordedRule : DifferenceRule
{
    public override string Name => "partly-recorded";

    public override string Reason =>
        "Some answers to polls were recorded in a form that cannot be read, so what came in them is known from the stored log alone.";

    // The log is what is left to compare with: an event must be in it, and is compared with it.
    public override bool Allows(Difference finding, ConnectionPair pair) => pair.IsPartlyRecorded && finding switch
    {
        { Kind: DifferenceKind.ExtraEvent, ActualEvent: { } actual } => pair.RecordedId(actual) is { } id && pair.Log.Find(id) is not null,
        { Kind: DifferenceKind.ExtraTransientMessage, ActualPacket: { EventName: "oh_event" } packet } =>
            packet.Argument.Member("status_update") is not null,
        { Kind: DifferenceKind.Answer, RecordedPacket: null, ActualPacket.Kind: WireKind.Connect } => true,
        { Kind: DifferenceKind.ExtraAck } => true,
        _ => false,
    };
}

/// <summary>What reached a client that had left.</summary>
internal sealed class LeftAlreadyRule : DifferenceRule
{
    public override string Name => "left-already";

    public override string Reason =>
        "The recorded client had said that it leaves (41, or a close packet); what still reached it then, or did not, is a matter of timing.";

    public override bool Allows(Difference finding, ConnectionPair pair)
    {
        var left = pair.Recorded.LeftAt;
        return left >= 0 && finding switch
        {
            { Kind: DifferenceKind.MissingEvent or DifferenceKind.MissingTransientMessage or DifferenceKind.MissingAck } =>
                finding.Frame > left,

            // The other way round: only what the log or the client itself accounts for.
            { Kind: DifferenceKind.ExtraEvent, ActualEvent: { } actual } =>
                actual.Frame > pair.Actual.LeftAt
                    && pair.Actual.LeftAt >= 0
                    && pair.RecordedId(actual) is { } id
                    && pair.Log.Find(id) is not null,
            { Kind: DifferenceKind.ExtraAck, ActualPacket: { AckId: { } ack } packet } =>
                pair.Actual.LeftAt >= 0
                    && pair.Actual.Acks.Exists(seen => ReferenceEquals(seen.Packet, packet) && seen.Frame > pair.Actual.LeftAt)
                    && pair.Actions.Any(action => action.AckId == ack),
            _ => false,
        };
    }
}

/// <summary>How an HTTP error is written.</summary>
internal sealed class HttpErrorFormRule : DifferenceRule
{
    public override string Name => "http-error-form";

    public override string Reason =>
        "V0 answers HTTP errors with JSON strings; here they have the form of the JS server, {\"code\":…,\"message\":…}, and its status.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.Http, Recorded: JObject recorded, Actual: JObject actual }
        && recorded["status"]?.Value<int>() is >= 400 and < 500
        && actual["status"]?.Value<int>() is >= 400 and < 500
        && actual["body"] is JObject body
        && body["code"] is JValue { Value: long code }
        && Codes(recorded["body"]?.ToString() ?? "").Contains(code);

    // The codes of the JS server (PROTOCOL.md, "V0 packets and HTTP"): 0 transport, 1 session, 2 method, 3 bad request, 4 forbidden, 5
    // protocol version.
    private static long[] Codes(string recorded) => recorded switch
    {
        _ when recorded.StartsWith("Invalid session None", StringComparison.Ordinal) => [1, 2, 3],
        _ when recorded.StartsWith("Invalid session", StringComparison.Ordinal)
            || recorded.Contains("Session is disconnected", StringComparison.Ordinal) => [1],
        _ when recorded.StartsWith("Invalid transport", StringComparison.Ordinal) => [0],
        _ when recorded.Contains("unsupported version", StringComparison.Ordinal) => [0, 3, 5],
        _ when recorded.StartsWith("Invalid websocket upgrade", StringComparison.Ordinal) => [3],
        _ when recorded.StartsWith("Method Not Found", StringComparison.Ordinal) => [2],
        _ => [],
    };
}

/// <summary>A body that is refused where V0 took it, or let the connection break.</summary>
internal sealed class BodyRefusedRule : DifferenceRule
{
    public override string Name => "body-refused";

    public override string Reason =>
        "V0 takes a malformed polling body with 200, and breaks the connection over one that is too large; here both are answered with an error.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.Http, Recorded: JObject recorded, Actual: JObject actual }
        && MalformedClosesRule.FirstMalformed(pair.Recorded) is >= 0 and var malformed
        && finding.Frame >= malformed
        && recorded["status"]?.Value<int>() is 200 or 0 or 400
        && actual["status"]?.Value<int>() is 200 or 400 or 413;
}

/// <summary>A request whose answer is not recorded.</summary>
internal sealed class NoAnswerRecordedRule : DifferenceRule
{
    public override string Name => "no-answer-recorded";

    public override string Reason =>
        "The recording ends before this request's answer, or shows a connection that broke; whatever the answer is, it tells nothing.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.Http, Recorded: JObject recorded, Actual: JObject actual }
        && recorded["status"]?.Value<int>() == 0
        && actual["status"]?.Value<int>() is > 0 and < 500;
}

/// <summary>The answer to a preflight.</summary>
internal sealed class PreflightRule : DifferenceRule
{
    public override string Name => "preflight";

    public override string Reason => "V0 answers OPTIONS with 200 and OK; 204 without a body says the same to a browser.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.Http, Pointer: "OPTIONS", Recorded: JObject recorded, Actual: JObject actual }
        && recorded["status"]?.Value<int>() is 200 or 204
        && actual["status"]?.Value<int>() is 200 or 204;
}
