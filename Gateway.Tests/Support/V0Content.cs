using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// What a V0 log says, apart from how: its messages, calls and results, each as a text that is the same whatever tool has carried it. Pure.
/// </summary>
internal static class V0Content
{
    private static readonly string[] s_editing = ["command", "path", "file_text", "old_str", "new_str", "insert_line"];

    public static IEnumerable<string> Messages(IEnumerable<JObject> events) => events
        .Where(static one => one.Text("action") == "message")
        .Select(static one => $"{one.Text("source")}: {one.Object("args").Text("content")} {Images(one)}".Trim())
        .Where(static text => text.Length > "agent:".Length);

    public static IEnumerable<string> Prompts(IEnumerable<JObject> events) => events
        .Where(static one => one.Text("action") == "system")
        .Select(static one => one.Object("args").Text("content"))
        .Distinct();

    /// <summary>A call that is shown again when the user has answered counts once.</summary>
    public static IEnumerable<string> Calls(IReadOnlyList<JObject> events) => events
        .Where((one, index) => IsCall(one) && !IsShownAgain(one, events.Skip(index + 1)))
        .Select(CallOf);

    public static IEnumerable<string> Results(IEnumerable<JObject> events) => events
        .Where(static one => one.Text("observation") is not ("" or "agent_state_changed" or "recall" or "null"))
        .Select(ResultOf);

    public static string ResultOf(JObject one) => one.Text("observation") switch
    {
        "run" => $"{one.Text("content")} {ExitCode(one.Object("extras"))}",
        "mcp" => McpTexts(one.Text("content")),
        _ => one.Text("content"),
    };

    private static bool IsCall(JObject one) => one.Text("action") is not
        ("" or "message" or "system" or "recall" or "change_agent_state" or "null" or "condensation" or "condensation_request");

    private static bool IsShownAgain(JObject one, IEnumerable<JObject> rest) =>
        one.Object("args").Text("confirmation_state") == "awaiting_confirmation"
        && rest.FirstOrDefault(IsCall) is { } next && CallOf(next, withThought: false) == CallOf(one, withThought: false);

    private static string CallOf(JObject one) => CallOf(one, withThought: true);

    private static string CallOf(JObject one, bool withThought)
    {
        var args = one.Object("args") ?? [];
        var said = one.Text("action") switch
        {
            "run" => $"run {args.Text("command")} {args.Flag("is_input")}",
            "read" => $"read {args.Text("path")} {args["view_range"]?.ToString(Formatting.None)}",
            "write" => $"edit create {args.Text("path")} {args.Text("content")}",
            "edit" => "edit " + string.Join(
                ' ', s_editing.Select(name => args[name]).Where(static value => value is { Type: not JTokenType.Null })),
            "finish" => $"finish {args.Text("final_thought")}",
            "task_tracking" => $"tasks {args.Text("command")} " + string.Join(
                ';', args.Objects("task_list").Select(static task => $"{task.Text("title")} {task.Text("status")} {task.Text("notes")}")),
            "browse" => $"browse {args.Text("url")}",
            "browse_interactive" => $"mcp browser {args.Text("browser_actions")}",
            "run_ipython" => $"mcp execute_ipython_cell_jupyter {args.Text("code")}",
            "call_tool_mcp" when args.Text("name") is "browser" or "execute_ipython_cell_jupyter" =>
                $"mcp {args.Text("name")} {args.Object("arguments").Text("code")}",
            "call_tool_mcp" => $"mcp {args.Text("name")} {args["arguments"]?.ToString(Formatting.None)}",
            var other => other,
        };
        return withThought ? $"{said} ({args.Text("thought")})" : said;
    }

    private static int ExitCode(JObject? extras) => extras.Object("metadata").Integer("exit_code") ?? extras.Integer("exit_code") ?? -1;

    private static string Images(JObject one) =>
        one.Text("source") == "user" ? string.Join(' ', one.Object("args")?["image_urls"] as JArray ?? []) : "";

    private static string McpTexts(string content) => JsonTree.TryReadObject(content, out var result)
        ? string.Concat(result.Objects("content").Select(static item => item.Text("text")))
        : content;
}
