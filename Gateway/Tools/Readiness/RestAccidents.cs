using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Rules;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Readiness;

/// <summary>As <see cref="SocketAccidents"/>, for V0's REST. Pure.</summary>
internal static class RestAccidents
{
    private const string LastOfInfo = "\"conversation_version\"";
    private const string LastOfAnswer = "\"conversation_status\"";

    private static readonly string[] s_files = ["list-files", "select-file", "zip-directory", "git/changes", "git/diff", "microagents"];

    private static readonly (string Rule, Func<RecordedSession, RestCall, bool> IsSeen)[] s_rows =
    [
        ("api-path-404", static (_, call) => call is { IsApi: true, IsAnsweredWithPage: true }),
        ("trailing-slash", static (_, call) => call.IsAnsweredWithPage && call.Path.Length > 1 && call.Path.EndsWith('/')),
        ("no-web-ui", static (_, call) => call.Entry.Status == 405),
        ("missing-asset", static (_, call) => call.Path.StartsWith("/assets", StringComparison.Ordinal)
            && call is { IsAnsweredWithPage: true } or { Entry.Status: 405 }),
        ("other-build", static (_, call) => call.IsNamedByBuild),
        ("kept-from-before", static (session, call) => call.Entry.Status == 304
            && !session.RestCalls.Any(other => other.Number < call.Number && other.Path == call.Path && other.Entry.Status == 200)),
        ("call-limit", static (_, call) => call.Entry.Status == 429),
        ("server-figures", static (_, call) => call.Is("GET", "/server_info")),
        ("allow-header", static (_, call) => call.Entry.Status == 405),
        ("api-description", static (_, call) => call is { IsRead: true, Path: "/openapi.json" or "/docs" or "/redoc" }),
        ("zero-byte", static (_, call) => call.Path.Contains("%00", StringComparison.Ordinal)),
        ("no-call-answer-recorded", static (_, call) => call.Entry.Status == 0),
        ("time-without-zone", static (_, call) => IsList(call) && IsFailure(call)),
        ("same-time-order", static (_, call) =>
            IsList(call) && Times(call) is { Count: > 1 } times && times.Distinct().Count() < times.Count),
        ("store-not-recorded", static (session, call) => IsList(call) && session.Store.IsEmpty && Answer(call).Objects("results").Any()),
        ("refused-create-leaves-nothing", static (_, call) => call.Is("POST", "/api/conversations") && call.Entry.Status == 400),
        ("repository-without-secrets", static (_, call) => IsFailure(call)
            && (call.Is("POST", "/api/conversations") || call.Is("GET", "/api/microagent-management/conversations"))),
        ("branches-as-list", IsBranchesWithoutPage),
        ("branches-without-page", IsBranchesWithoutPage),
        ("start-without-body", static (_, call) => call.IsBelowConversation("POST", "start")
            && call.Entry.Status == 422
            && string.IsNullOrEmpty(call.Entry.RequestBody)),
        ("starting-for-ever", IsStartingForEver),
        ("ahead-of-answer", static (session, call) => call is { IsRead: true, Entry.ResponseBody: { } body }
            && session.RestCalls.Where(other => other.Number > call.Number).TakeWhile(static other => other.IsRead)
                .Any(other => other.Entry.RawTarget == call.Entry.RawTarget && other.Entry.ResponseBody != body)),
        ("later-fields", static (session, call) => IsOfEarlyServer(session, call)),
        ("stopped-for-room", static (session, call) => session.StoppedForRoom.Count > 0 && call is { IsApi: true, IsRead: true }),
        ("too-old-by-now", static (_, call) => IsList(call) && Answer(call).Objects("results").Any()),
        ("partial-settings", IsPartialSettings),
        ("v1-disabled", static (_, call) => IsSettings(call) && Answer(call) is JObject settings && !settings.ContainsKey("v1_enabled")),
        ("mcp-keys-masked", static (_, call) => IsSettings(call) && HasMcpKeys(Answer(call).Member("mcp_config"))),
        ("migration-keeps-secrets", IsSecretGone),
        ("upload-reason", static (_, call) => call.IsBelowConversation("POST", "upload-files")
            && call.Entry.ResponseBody?.Contains("Resolved: ", StringComparison.Ordinal) == true),
        ("file-order", static (_, call) => call.IsBelowConversation("GET", "list-files") && Answer(call) is JArray { Count: > 1 }),
        ("changes-with-blank", static (_, call) => call.IsBelowConversation("GET", "git/changes") && IsFailure(call)),
        ("diff-of-deleted", static (_, call) => call.IsBelowConversation("GET", "git/diff") && IsFailure(call)),
        ("no-editor-is-no-error", static (_, call) => call.IsBelowConversation("GET", "vscode-url") && call.Entry.Status == 500),
        ("workspace-not-made", static (session, call) =>
            call.Method == "GET" && s_files.Contains(call.BelowConversation) && !session.Fixture.Info.HasWorkspace),
    ];

    /// <summary>The rules that are looked for here.</summary>
    public static IEnumerable<string> Rules => s_rows.Select(static row => row.Rule);

    public static IEnumerable<Sighting> Of(RecordedSession session) =>
        from row in s_rows
        from call in session.RestCalls
        where row.IsSeen(session, call)
        select Sighting.Of(row.Rule).By(SocketSightings.ClientOf(call.Entry), call.Entry.Started);

    private static JToken? Answer(RestCall call) => JsonTree.ReadOrNull(call.Entry.ResponseBody ?? "");

    private static bool IsList(RestCall call) => call.Is("GET", "/api/conversations");

    private static bool IsSettings(RestCall call) => call.Is("GET", "/api/settings") && call.Entry.Status == 200;

    private static bool IsFailure(RestCall call) => call.Entry is { Status: 500, ResponseBody: "Internal Server Error" };

    private static List<string> Times(RestCall call) => [.. Answer(call).Objects("results").Select(static info => info.Text("created_at"))];

    private static bool IsBranchesWithoutPage(RecordedSession session, RestCall call) =>
        call.Is("GET", "/api/user/repository/branches")
        && !call.Entry.RawTarget.Contains("page=", StringComparison.Ordinal)
        && Answer(call).Member("branches") is JArray;

    private static bool IsStartingForEver(RecordedSession session, RestCall call) =>
        IdSaying(call, "STARTING") is { } id && !session.RestCalls.Any(other => other.IsRead && IdSaying(other, "RUNNING", id) is not null);

    private static string? IdSaying(RestCall call, string status, string? wanted = null)
    {
        if (call.Method != "GET" || !(IsList(call) || call.BelowConversation == ""))
        {
            return null;
        }

        var answer = Answer(call);
        return answer.Objects("results").Append(answer as JObject ?? [])
            .Where(info => info.Text("status") == status)
            .Select(static info => info.Text("conversation_id"))
            .FirstOrDefault(id => wanted is null || id == wanted);
    }

    private static bool IsOfEarlyServer(RecordedSession session, RestCall call) =>
        (call.Path == "/api/conversations" || call.BelowConversation is "" or "start" or "stop" || IsSettings(call))
        && call.Entry.Status == 200
        && call.Entry.ResponseBody is { Length: > 0 }
        && !session.RestCalls.Any(static other => other.Entry.ResponseBody is { } body
            && (body.Contains(LastOfInfo, StringComparison.Ordinal) || body.Contains(LastOfAnswer, StringComparison.Ordinal)))
        && session.RestCalls.Any(static other =>
            other.Entry.ResponseBody?.Contains("\"conversation_id\"", StringComparison.Ordinal) == true);

    private static bool IsPartialSettings(RecordedSession session, RestCall call)
    {
        if (!call.Is("POST", "/api/settings")
            || call.Entry.Status != 200
            || JsonTree.ReadOrNull(call.Entry.RequestBody ?? "") is not JObject sent)
        {
            return false;
        }

        var before = session.RestCalls.LastOrDefault(other => other.Number < call.Number && IsSettings(other));
        return Answer(before ?? call) is JObject known && known.Properties()
            .Any(field => field.Value is not JValue { Value: null } && !sent.ContainsKey(field.Name));
    }

    private static bool HasMcpKeys(JToken? servers) => servers is JContainer container
        && container.Descendants().OfType<JProperty>().Any(static property =>
            (property.Name is "api_key" && property.Value.AsText() is { Length: > 0 })
            || (property.Name is "env" or "headers" && property.Value is JObject { Count: > 0 }));

    private static bool IsSecretGone(RecordedSession session, RestCall call) => call.Is("GET", "/api/secrets")
        && call.Entry.Status == 200
        && Answer(call).Objects("custom_secrets").Select(static secret => secret.Text("name")).ToList() is var shown
        && session.RestCalls
            .Where(other => other.Number < call.Number && other.Is("POST", "/api/secrets") && other.Entry.Status < 300)
            .Select(static other => JsonTree.ReadOrNull(other.Entry.RequestBody ?? "").Text("name"))
            .Any(name => !shown.Contains(name)
                && !session.RestCalls.Any(other => other.Number < call.Number && other.Is("DELETE", $"/api/secrets/{name}")));
}
