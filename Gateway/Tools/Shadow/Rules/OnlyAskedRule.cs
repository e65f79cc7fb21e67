using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Rules;

namespace Gateway.Tools.Shadow.Rules;

/// <summary>What a server knows of a conversation only while its own clients and its own agent are in it.</summary>
internal sealed class OnlyAskedRule : RestRule
{
    private static readonly string[] s_fields =
        ["status", "conversation_status", "runtime_status", "num_connections", "url", "session_api_key", "last_updated_at"];

    public override string Name => "shadow-only-asked";

    public override string Reason =>
        "A shadowed candidate is only asked: whether a conversation runs, where and with whom, is in V0's memory and not in the store.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome is { Status: 200, Call.Entry.Status: 200 }
        && (outcome.Call.Path == "/api/conversations" || outcome.Call.BelowConversation is "")
        && s_fields.Contains(finding.Pointer.Split('/')[^1]);
}
