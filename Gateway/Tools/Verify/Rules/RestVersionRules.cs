using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Rest;

namespace Gateway.Tools.Verify.Rules;

/// <summary>Fields that an early V0 did not have yet.</summary>
internal sealed class LaterFieldsRule : RestRule
{
    // The last that came: a server that shows neither in any answer is an early one.
    private const string LastOfInfo = "\"conversation_version\"";
    private const string LastOfAnswer = "\"conversation_status\"";

    private static readonly string[] s_fields =
        ["conversation_status", "runtime_status", "selected_branch", "git_provider", "pr_number", "conversation_version"];

    public override string Name => "later-fields";

    public override string Reason =>
        "A later V0 tells more of a conversation and of the settings than an early one did; an early client passes over what it does not know.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        finding is { Recorded: null, Actual: not null }
        && outcome is { Status: 200, Call.Entry.Status: 200 }
        && (IsOfConversation(outcome.Call)
            ? s_fields.Contains(finding.Pointer.Split('/')[^1])
            : outcome.Call.Is("GET", "/api/settings") && finding.Pointer.Count(static c => c == '/') == 1)
        && !context.Calls.Any(static call => call.Entry.ResponseBody is { } body
            && (body.Contains(LastOfInfo, StringComparison.Ordinal) || body.Contains(LastOfAnswer, StringComparison.Ordinal)))
        && context.Calls.Any(IsTold);

    private static bool IsOfConversation(RestCall call) =>
        call.Path == "/api/conversations" || call.BelowConversation is "" or "start" or "stop";

    // Something in the recording would show them.
    private static bool IsTold(RestCall call) =>
        IsOfConversation(call) && call.Entry.ResponseBody?.Contains("\"conversation_id\"", StringComparison.Ordinal) == true;
}
