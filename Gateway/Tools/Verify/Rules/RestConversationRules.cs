using System.Globalization;

using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Rest;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Rules;

/// <summary>A list that failed for one date.</summary>
internal sealed class TimeWithoutZoneRule : RestRule
{
    public override string Name => "time-without-zone";

    public override string Reason => "One conversation made at a time without a zone breaks V0's whole list; here the list is there.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        IsList(outcome.Call)
        && IsRecordedFailure(outcome)
        && context.Store.HasTimeWithoutZone
        && outcome.Status == 200
        && Actual(outcome).Member("results") is JArray;
}

/// <summary>Which of several comes first.</summary>
internal sealed class SameTimeOrderRule : RestRule
{
    public override string Name => "same-time-order";

    public override string Reason =>
        "Conversations that were made at the same moment come in V0's list as the folder's entries lie on its disk; any order of theirs is as good.";

    // Place by place, both lists name conversations made at the same moments.
    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        IsList(outcome.Call)
        && finding.Pointer.StartsWith("/results", StringComparison.Ordinal)
        && finding.Pointer.Count(static c => c == '/') <= 2
        && (finding.Pointer == "/results" || finding.Recorded is null || finding.Actual is null)
        && Times(Recorded(outcome)) is { Count: > 0 } recorded
        && recorded.SequenceEqual(Times(Actual(outcome)));

    private static List<string> Times(JToken? answer) => [.. Results(answer).Select(static info => info.Text("created_at"))];
}

/// <summary>Conversations that no store tells of.</summary>
internal sealed class UnknownStoreRule : RestRule
{
    public override string Name => "store-not-recorded";

    public override string Reason => "The recording came without the server's store, so the conversations that it had before are not there.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        context.Store.IsEmpty && IsList(outcome.Call) && finding switch
        {
            { Actual: null, Recorded: JObject info } => !context.Calls.Any(call =>
                call.Is("POST", "/api/conversations")
                && JsonTree.ReadOrNull(call.Entry.ResponseBody ?? "").TextOrNull("conversation_id") == info.Text("conversation_id")),
            { Pointer: "/next_page_id" } => true,
            _ => false,
        };
}

/// <summary>What a refused POST leaves.</summary>
internal sealed class RefusedCreateRule : RestRule
{
    // From V0's clock to the recorder's.
    private static readonly TimeSpan s_clocks = TimeSpan.FromSeconds(1);

    public override string Name => "refused-create-leaves-nothing";

    public override string Reason =>
        "V0 writes a conversation before it finds out that it must refuse to make it, and then shows it for ever; here a refusal leaves nothing.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context)
    {
        if (!IsList(outcome.Call))
        {
            return false;
        }

        var left = Results(Recorded(outcome))
            .Where(info => IsLeft(info, context))
            .Select(static info => info.Text("conversation_id"))
            .ToList();
        return left.Count > 0 && finding switch
        {
            { Actual: null, Recorded: JObject info } => left.Contains(info.Text("conversation_id")),

            // The page that they fill ends later, or is the last.
            { Pointer: "/next_page_id" } => true,
            _ => false,
        };
    }

    private static bool IsLeft(JObject info, RestContext context) =>
        DateTimeOffset.TryParse(info.Text("created_at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var made)
        && context.Calls.Any(call => call.Is("POST", "/api/conversations")
            && call.Entry.Status == 400
            && made >= call.Entry.Started - s_clocks
            && made <= call.Entry.Ended + s_clocks);
}

/// <summary>A repository without a token for it.</summary>
internal sealed class NoSecretsRule : RestRule
{
    public override string Name => "repository-without-secrets";

    public override string Reason =>
        "V0 fails with 500 where a repository is asked for and there is no secrets.json; here that is what it is with an empty one.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context)
    {
        if (!IsRecordedFailure(outcome))
        {
            return false;
        }

        var call = outcome.Call;
        return (call.Is("POST", "/api/conversations")
                && Sent(call) is JObject sent
                && (sent["repository"] is JValue { Value: string } || sent["create_microagent"] is JObject)
                && outcome.Status == 401
                && Actual(outcome).AsText() is { } text
                && text.StartsWith("Unable to access repo ", StringComparison.Ordinal))
            || (call.Is("GET", "/api/microagent-management/conversations")
                && outcome.Status == 200
                && Actual(outcome).Member("results") is JArray);
    }
}

/// <summary>Branches for early web UIs.</summary>
internal sealed class BranchesAsListRule : RestRule
{
    public override string Name => "branches-as-list";

    public override string Reason =>
        "Early web UIs ask for a repository's branches without a page and expect a list, the last one expects an object; here it goes by the question.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call.Is("GET", "/api/user/repository/branches")
        && !outcome.Call.Entry.RawTarget.Contains("page=", StringComparison.Ordinal)
        && finding.Pointer.Length == 0
        && finding.Recorded.Member("branches") is JArray
        && finding.Actual is JArray;
}

/// <summary>A start that says nothing.</summary>
internal sealed class StartWithoutBodyRule : RestRule
{
    public override string Name => "start-without-body";

    public override string Reason => "Early web UIs start a conversation with an empty POST, which the last V0 refuses with 422; here both are taken.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call.IsBelowConversation("POST", "start")
        && string.IsNullOrEmpty(outcome.Call.Entry.RequestBody)
        && IsOtherStatus(outcome, 422, 200)
        && Actual(outcome).Text("status") == "ok";
}

/// <summary>A conversation whose agent cannot be made.</summary>
internal sealed class StartingForEverRule : RestRule
{
    public override string Name => "starting-for-ever";

    public override string Reason =>
        "Where V0's agent cannot be made its conversation says STARTING for ever, and the web UI waits for it; here it runs, and what is wrong is said in it.";

    // Only where the recorded server never said that it runs.
    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context)
    {
        var field = finding.Pointer.Split('/')[^1];
        if (field is not ("status" or "runtime_status" or "conversation_status") || outcome.Status != 200 || IsFieldTooMany(finding))
        {
            return false;
        }

        var id = outcome.Call.ConversationId ?? IdAt(outcome, finding.Pointer);
        return id is not null
            && context.Calls.Any(call => Says(call, id, "STARTING"))
            && !context.Calls.Any(call => Says(call, id, "RUNNING"));
    }

    /// <summary>The conversation of a list's answer that a place is in; null when it is in none.</summary>
    public static string? IdAt(RestOutcome outcome, string pointer) =>
        pointer.Split('/') is ["", "results", var place, _]
            && int.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? Results(Recorded(outcome)).ElementAtOrDefault(index)?.Text("conversation_id")
            : null;

    // What a GET says of it, alone or in the list.
    private static bool Says(RestCall call, string id, string status)
    {
        if (call.Method != "GET" || !(IsList(call) || call.ConversationId == id))
        {
            return false;
        }

        var answer = JsonTree.ReadOrNull(call.Entry.ResponseBody ?? "");
        return Results(answer)
            .Append(answer as JObject ?? [])
            .Any(info => info.Text("conversation_id") == id && info.Text("status") == status);
    }
}

/// <summary>A server that is quicker.</summary>
internal sealed class AheadOfAnswerRule : RestRule
{
    private static readonly string[] s_fields = ["title", "status", "runtime_status", "url", "num_connections", "last_updated_at"];

    public override string Name => "ahead-of-answer";

    public override string Reason =>
        "What a server does by itself (a title, a state, who is connected) was done here a little earlier than there: the same call was answered so later.";

    // Only what the recorded server said itself, to the same question, before anything else was asked of that conversation.
    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context)
    {
        var field = finding.Pointer.Split('/')[^1];
        if (!s_fields.Contains(field) || !outcome.Call.IsRead || IsFieldTooMany(finding))
        {
            return false;
        }

        return context.After(outcome.Call)
            .TakeWhile(static later => later.IsRead)
            .Where(later => later.Entry.RawTarget == outcome.Call.Entry.RawTarget)
            .Select(later => JsonTree.ReadOrNull(later.Entry.ResponseBody ?? ""))
            .Select(later => At(later, finding.Pointer))
            .Any(later => field == "last_updated_at"
                ? later is JValue { Value: string } && !JsonComparer.AreEqual(later, finding.Recorded)
                : JsonComparer.AreEqual(later, finding.Actual));
    }

    private static JToken? At(JToken? json, string pointer)
    {
        foreach (var name in pointer.Split('/').Skip(1))
        {
            json = json is JArray array && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                ? array.ElementAtOrDefault(index)
                : json.Member(name);
        }

        return json;
    }
}

/// <summary>The time of a conversation that had to make room.</summary>
internal sealed class StoppedForRoomRule : RestRule
{
    public override string Name => "stopped-for-room";

    public override string Reason =>
        "A conversation that V0 stops to make room for another gets its stopped state and keeps its old last_updated_at; here the state counts as an event.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call.IsRead
        && finding.Pointer.EndsWith("/last_updated_at", StringComparison.Ordinal)
        && finding is { Recorded: JValue { Value: string }, Actual: JValue { Value: string } }
        && (outcome.Call.ConversationId ?? StartingForEverRule.IdAt(outcome, finding.Pointer)) is { } id
        && context.StoppedForRoom.Contains(id);
}

/// <summary>What has become too old to be listed.</summary>
internal sealed class TooOldByNowRule : RestRule
{
    // V0's own, which hides them, and what its clock and the recorder's may be apart.
    private static readonly TimeSpan s_listed = TimeSpan.FromDays(10) - TimeSpan.FromMinutes(1);

    public override string Name => "too-old-by-now";

    public override string Reason =>
        "The list hides what is older than ten days, and the target looks at the recorded conversations from today.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        context.TargetTime is { } now && IsList(outcome.Call) && finding switch
        {
            { Actual: null, Recorded: JObject info } => IsHidden(info, now),
            { Pointer: "/next_page_id" } =>
                Results(Recorded(outcome)).Any(info => IsHidden(info, now)) || Results(Actual(outcome)).Count == 0,
            _ => false,
        };

    private static bool IsHidden(JObject info, DateTimeOffset now) =>
        DateTimeOffset.TryParse(info.Text("created_at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var made)
        && now - made > s_listed;
}
