using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Rest;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Rules;

/// <summary>A rule about answers to REST calls: each is bound to routes and to what was recorded there. Stateless.</summary>
internal abstract class RestRule : DifferenceRule
{
    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.Rest, Rest: { } outcome } && pair.Rest is { } context && Allows(finding, outcome, context);

    protected abstract bool Allows(Difference finding, RestOutcome outcome, RestContext context);

    /// <summary>The status differs: nothing else of the answers was compared.</summary>
    protected static bool IsOtherStatus(RestOutcome outcome, int recorded, params ReadOnlySpan<int> actual) =>
        outcome.Call.Entry.Status == recorded && outcome.Status != recorded && actual.Contains(outcome.Status);

    /// <summary>One of the answers has no such field at all, which is another thing than its value.</summary>
    protected static bool IsFieldTooMany(Difference finding) => finding.Recorded is null || finding.Actual is null;

    protected static JToken? Recorded(RestOutcome outcome) => JsonTree.ReadOrNull(outcome.Call.Entry.ResponseBody ?? "");

    protected static JToken? Actual(RestOutcome outcome) => JsonTree.ReadOrNull(outcome.Body);

    protected static JToken? Sent(RestCall call) => JsonTree.ReadOrNull(call.Entry.RequestBody ?? "");

    /// <summary>The conversations of a list's answer.</summary>
    protected static IReadOnlyList<JObject> Results(JToken? answer) => [.. answer.Objects("results")];

    protected static bool IsList(RestCall call) => call.Is("GET", "/api/conversations");

    /// <summary>A body that says only this.</summary>
    protected static bool IsDetail(RestOutcome outcome, string detail) =>
        Actual(outcome) is JObject { Count: 1 } answer && answer.Text("detail") == detail;

    /// <summary>V0's answer to what it did not expect.</summary>
    protected static bool IsRecordedFailure(RestOutcome outcome) =>
        outcome.Call.Entry is { Status: 500, ResponseBody: "Internal Server Error" };
}
