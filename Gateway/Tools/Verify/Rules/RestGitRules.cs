using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Rest;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Rules;

/// <summary>The form of a repository's branches.</summary>
internal sealed class BranchListRule : RestRule
{
    public override string Name => "branches-without-page";

    public override string Reason =>
        "V0 web UIs before 0.55 ask for branches without a page and break when they get one; here they get the list.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call.Is("GET", "/api/user/repository/branches")
        && outcome.Call.Entry is { Status: 200, RawTarget: var target }
        && !target.Contains("page=", StringComparison.Ordinal)
        && Actual(outcome) is JArray branches
        && JToken.DeepEquals(Recorded(outcome).Member("branches"), branches);
}
