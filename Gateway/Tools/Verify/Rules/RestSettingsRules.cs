using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Rest;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Rules;

/// <summary>What a partial POST leaves as it is.</summary>
internal sealed class PartialSettingsRule : RestRule
{
    public override string Name => "partial-settings";

    public override string Reason =>
        "V0 sets every field to null that a POST of settings does not name; here it stays as it was.";

    // What stayed must have been said before, and the last POST must not name it.
    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context)
    {
        if (!outcome.Call.Is("GET", "/api/settings") || outcome.Status != 200 || finding is not { Pointer: ['/', ..], Actual: { } kept })
        {
            return false;
        }

        var name = finding.Pointer.Split('/')[1];
        var posts = context.Before(outcome.Call)
            .Where(static call => call.Is("POST", "/api/settings") && call.Entry.Status == 200)
            .ToList();
        return posts.Count > 0
            && Sent(posts[0]) is JObject last
            && !last.ContainsKey(name)
            && WasSaid(name, kept, posts, outcome.Call, context);
    }

    private static bool WasSaid(string name, JToken kept, List<RestCall> posts, RestCall call, RestContext context)
    {
        var said = posts.Select(post => Sent(post).Member(name)).FirstOrDefault(static value => value is not null);
        var shown = context.Before(call)
            .Where(static other => other.Is("GET", "/api/settings") && other.Entry.Status == 200)
            .Select(other => JsonTree.ReadOrNull(other.Entry.ResponseBody ?? "").Member(name));
        return shown.Prepend(said).Any(value => value is not null
            && JsonComparer.Compare(value, kept).All(static difference => McpKeysRule.IsMasked(difference.Recorded, difference.Actual)));
    }
}

/// <summary>Which of the two UIs a page is to be.</summary>
internal sealed class V1DisabledRule : RestRule
{
    public override string Name => "v1-disabled";

    public override string Reason => "The last V0 web UIs make V1 conversations unless the settings say v1_enabled false, so that is said here.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call.Is("GET", "/api/settings")
        && finding is { Pointer: "/v1_enabled", Recorded: null, Actual: JValue { Value: false } };
}

/// <summary>Keys of MCP servers.</summary>
internal sealed class McpKeysRule : RestRule
{
    public override string Name => "mcp-keys-masked";

    public override string Reason => "V0 shows the keys of MCP servers in the clear; here they are masked, as its other keys are.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call.Is("GET", "/api/settings")
        && finding.Pointer.StartsWith("/mcp_config/", StringComparison.Ordinal)
        && IsMasked(finding.Recorded, finding.Actual);

    public static bool IsMasked(JToken? recorded, JToken? actual) => recorded.AsText() is { Length: > 0 }
        && (actual is JValue { Value: null } || (actual.AsText() is { Length: > 0 } mask && mask.All(static c => c == '*')));
}

/// <summary>Secrets that V0 loses.</summary>
internal sealed class MigratedSecretsRule : RestRule
{
    public override string Name => "migration-keeps-secrets";

    public override string Reason =>
        "V0 loses the secrets of secrets.json when it moves tokens there from the settings.json of an old version; here both are kept.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call.Is("GET", "/api/secrets")
        && finding is { Recorded: null, Actual: JObject kept }
        && finding.Pointer.StartsWith("/custom_secrets/", StringComparison.Ordinal)
        && context.Before(outcome.Call).Any(call => call.Path.StartsWith("/api/secrets", StringComparison.Ordinal)
            && call.Method is "POST" or "PUT"
            && Sent(call).TextOrNull("name") == kept.TextOrNull("name"));
}
