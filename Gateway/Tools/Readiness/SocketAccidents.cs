using Gateway.Primitives.Json;
using Gateway.Tools.Har;
using Gateway.Tools.Verify.Rules;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Readiness;

/// <summary>
/// What a recording shows of V0's accidents on the socket, and of what it leaves open: the features that have a rule of verify's, by the
/// rule's name. Each asks only whether the rule may be needed, as no target has been played yet. Pure.
/// </summary>
internal static class SocketAccidents
{
    private static readonly string[] s_knownActions =
        ["message", "run", "change_agent_state", "run_ipython", "read", "write", "edit", "browse", "browse_interactive"];

    private static readonly (string Rule, Func<RecordedSession, RecordedConnection, bool> IsSeen)[] s_ofConnections =
    [
        ("connect-answered", static (_, one) => IsUnanswered(one)),
        ("opened-earlier", static (session, one) =>
            session.Connections.Any(other => IsEarlier(other, one) && other.View is { IsAnswered: false, AskedToConnect: true })),
        ("refused-id", static (_, one) => IsOddId(one.ConversationId)),
        ("refusal-closes", static (_, one) => !one.End.ByServer && (IsUnanswered(one) || IsOddId(one.ConversationId) || IsRefused(one))),
        ("disconnect-closes", static (_, one) => one.View is { Disconnect: not null, End.ByServer: false }),
        ("connect-error-object", static (_, one) => one.View.Answers.Exists(static answer =>
            answer.Packet is { Kind: WireKind.ConnectError, Payload: JValue { Type: JTokenType.String } })),
        ("announced-limits", static (_, one) => one.View.Open is not null),
        ("given-twice", static (_, one) => one.View.Repeats.Count > 0),
        ("left-out-of-replay", static (session, one) => Born(session, one).Any(static born => born.MayBeLeftOutOfReplay)
            || one.View.Events.Exists(static seen => seen is { InReplay: true, Event.IsAgentState: true })),
        ("never-sent-live", static (session, one) => Born(session, one).Any(static born => born.IsNeverLive)),
        ("known-to-client", static (_, one) => one.View.Events.Exists(seen => !seen.InReplay && seen.Id <= one.View.LatestEventId)),
        ("lost-before-join", HasLost),
        ("state-place", static (_, one) => one.View.Events.Exists(seen => seen.Event.IsAgentState
            && one.View.Events.Exists(other => other.Frame < seen.Frame && other.Id > seen.Id))),
        ("id-order", static (_, one) => one.View.Events.Zip(one.View.Events.Skip(1)).Any(static pair => pair.Second.Id < pair.First.Id)),
        ("live-source", static (session, one) => Born(session, one).Any(static born => born.Source == "environment")),
        ("live-timeout", static (session, one) => HasTimeout(session, one)),
        ("ahead-of-recording", static (session, one) => session.Log(one.ConversationId).Events.Any(known => known.Id > LastGiven(one))
            || Others(session, one).Any(static other => other.View.TransientMessages.Count > 0)),
        ("restart-not-played", static (_, one) => one.EndsByRestart),
        ("left-already", static (_, one) => one.View.LeftAt >= 0),
        ("said-to-another", static (session, one) => Others(session, one).Any(HasStatus)),
        ("partly-recorded", static (_, one) => one.Recording.Entries.Any(static entry => entry.HasUnreadableBody)),
        ("later-arguments", static (_, one) => one.View.Events.Concat(one.View.Repeats).Any(static seen =>
            seen.Event is { Source: "user", Action: "message" }
            && seen.Event.Json["args"] is JObject arguments
            && (!arguments.ContainsKey("file_urls") || !arguments.ContainsKey("security_risk")))),
        ("stopped-before-disconnect", static (_, one) => one.View.Disconnect is not null || one.End.ByServer),
        ("bad-action-answered", static (session, one) => Dropped(session, one).Any()),
        ("action-kept", static (session, one) => Dropped(session, one).Any(static action =>
            action.Payload.TextOrNull("action") is { } kind && s_knownActions.Contains(kind) && action.Payload.Member("args") is JObject)),
        ("malformed-closes", static (_, one) => MalformedClosesRule.FirstMalformed(one.View) >= 0),
        ("close-code", static (_, one) => one.End is { ByServer: true, Code: not 0 }),
        ("skipped-rest", static (session, one) => session.MissesRestEffects(one)),
        ("http-error-form", static (_, one) => one.Recording.Entries.Any(IsHttpError)),
        ("body-refused", static (_, one) => MalformedClosesRule.FirstMalformed(one.View) >= 0
            && one.Recording.Entries.Any(static entry => entry is { Method: "POST", Messages: null })),
        ("no-answer-recorded", static (_, one) => one.Recording.Entries.Any(static entry => entry.IsUnanswered)),
    ];

    private static readonly (string Rule, Func<HarEntry, bool> IsSeen)[] s_ofRequests =
    [
        ("http-error-form", IsHttpError),
        ("preflight", static entry => entry.Method == "OPTIONS"),
        ("no-answer-recorded", static entry => entry.IsUnanswered),
    ];

    /// <summary>The rules that are looked for here.</summary>
    public static IEnumerable<string> Rules =>
        s_ofConnections.Select(static one => one.Rule).Concat(s_ofRequests.Select(static one => one.Rule));

    public static IEnumerable<Sighting> Of(RecordedSession session)
    {
        var ofConnections =
            from one in s_ofConnections
            from connection in session.Connections
            where one.IsSeen(session, connection)
            select Of(one.Rule, connection.Recording.Opening);
        var ofRequests =
            from one in s_ofRequests
            from entry in session.UnmatchedRequests
            where one.IsSeen(entry)
            select Of(one.Rule, entry);
        return ofConnections.Concat(ofRequests);
    }

    private static Sighting Of(string rule, HarEntry entry) => Sighting.Of(rule).By(SocketSightings.ClientOf(entry), entry.Started);

    private static bool IsUnanswered(RecordedConnection one) => one.View is
    {
        IsAnswered: false, AskedToConnect: true, TransientMessages.Count: 0, Acks.Count: 0, Repeats.Count: 0,
    };

    private static bool IsRefused(RecordedConnection one) =>
        one.View.Answers.Exists(static answer => answer.Packet.Kind == WireKind.ConnectError);

    private static bool IsOddId(string id) =>
        id.Length > 128 || !id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    private static bool IsEarlier(RecordedConnection other, RecordedConnection one) =>
        other.ConversationId == one.ConversationId && other.Number < one.Number;

    private static bool IsHttpError(HarEntry entry) => entry.Messages is null && entry.Status is >= 400 and < 500;

    // Whether such an event met a client live or in a replay is a matter of timing, so each client may meet either.
    private static IEnumerable<V0Event> Born(RecordedSession session, RecordedConnection one)
    {
        var log = session.Log(one.ConversationId);
        return one.View.AskedToConnect
            ? log.Events.Where(known => known.Id > log.HeadBefore && known.Id > one.View.LatestEventId)
            : [];
    }

    private static bool HasLost(RecordedSession session, RecordedConnection one)
    {
        var log = session.Log(one.ConversationId);
        return one.View.FirstLiveId != int.MaxValue && log.Events.Any(known => known.Id > log.HeadBefore
            && known.Id > one.View.ReplayedThrough
            && known.Id > one.View.LatestEventId
            && known.Id < one.View.FirstLiveId
            && one.View.Find(known.Id) is null);
    }

    private static bool HasTimeout(RecordedSession session, RecordedConnection one) =>
        one.View.Events.Exists(static seen => IsTimed(seen.Event))
        || session.Connections.Any(other => other.ConversationId == one.ConversationId
            && other.View.Events.Exists(seen => IsTimed(seen.Event) && one.View.Find(seen.Id) is not null));

    private static bool IsTimed(V0Event seen) => seen.Action is not null && seen.Json["timeout"].AsNumber() is not null;

    private static int LastGiven(RecordedConnection one) =>
        one.View.Events.Select(static seen => seen.Id).DefaultIfEmpty(one.View.LatestEventId).Max();

    private static bool HasStatus(RecordedConnection one) =>
        one.View.TransientMessages.Exists(static said => said.Packet.Argument.Member("status_update") is not null);

    private static IEnumerable<RecordedConnection> Others(RecordedSession session, RecordedConnection one) =>
        session.Connections.Where(other => other.Number != one.Number && other.ConversationId == one.ConversationId);

    private static IEnumerable<ClientAction> Dropped(RecordedSession session, RecordedConnection one) =>
        session.Actions(one.ConversationId).Where(action => action.Connection == one.Number && action.IsDropped);
}
