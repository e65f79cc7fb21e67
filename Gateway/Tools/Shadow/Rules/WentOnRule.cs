using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Rules;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Shadow.Rules;

/// <summary>What a conversation has got between V0's answer and the candidate's.</summary>
internal sealed class WentOnRule : RestRule
{
    public override string Name => "shadow-went-on";

    public override string Reason =>
        "A shadowed candidate is asked a moment after V0: a conversation that goes on has more events by then, behind those of V0's answer.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome is { Status: 200, Call: { Entry.Status: 200, BelowConversation: ("events" or "trajectory") and var name } }
        && (finding is { Recorded: null, Actual: JObject extra }
            ? extra.Number("id") > LastId(Recorded(outcome), name)
            : finding.Pointer == "/has_more" && finding.Actual is JValue { Value: true });

    private static double LastId(JToken? answer, string name) =>
        answer.Objects(name).Select(static one => one.Number("id")).DefaultIfEmpty(-1).Max();
}
