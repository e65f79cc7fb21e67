using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History.ToV1;

/// <summary>A V0 action that calls a tool.</summary>
internal readonly record struct V0Call(JObject Event)
{
    public string Name => Event.Text("action");

    public JObject Args => Event.Object("args") ?? [];

    /// <summary>What the model called, where V0 has kept it.</summary>
    public string? FunctionName => Event.Object("tool_call_metadata").TextOrNull("function_name");
}

/// <summary>
/// V0's tool calls as V1's, each kind by its row in the <see cref="CarriedKinds"/>. V1's reader refuses unknown keys. Pure.
/// </summary>
internal static class CallTranslator
{
    private static readonly string[] s_editorCommands = ["create", "str_replace", "insert", "undo_edit"];

    private static readonly string[] s_statuses = ["todo", "in_progress", "done"];

    // What V0's actions have beside what they were asked.
    private static readonly string[] s_own = ["thought", "security_risk", "confirmation_state", "is_confirmed"];

    public static V1Call Run(V0Call call)
    {
        var action = new JObject { ["command"] = call.Args.Text("command"), ["is_input"] = call.Args.Flag("is_input") };
        if (call.Event["timeout"].AsNumber() is { } seconds and >= 0)
        {
            action["timeout"] = seconds;
        }

        action["reset"] = false;
        return new V1Call("terminal", OfKind("TerminalAction", action));
    }

    public static V1Call Read(V0Call call)
    {
        var action = new JObject { ["command"] = "view", ["path"] = call.Args.Text("path") };
        var (start, end) = (call.Args.Integer("start") ?? 0, call.Args.Integer("end") ?? -1);
        if (call.Args["view_range"] is JArray { Count: 2 } range)
        {
            action["view_range"] = range.DeepClone();
        }
        else if (start > 0 || end >= 0)
        {
            // V0 counts from 0 and leaves out the last; V1 from 1 through it.
            action["view_range"] = new JArray(start + 1, end);
        }

        return FileEditor(action);
    }

    public static V1Call Write(V0Call call) => FileEditor(new JObject
    {
        ["command"] = "create",
        ["path"] = call.Args.Text("path"),
        ["file_text"] = call.Args.Text("content"),
    }) with
    { Loss = HistoryLoss.WrittenFile };

    public static V1Call Edit(V0Call call)
    {
        if (!s_editorCommands.Contains(call.Args.Text("command")))
        {
            return Generic(call);
        }

        var action = new JObject { ["command"] = call.Args.Text("command"), ["path"] = call.Args.Text("path") };
        foreach (var name in new[] { "file_text", "old_str", "new_str" })
        {
            if (call.Args.TextOrNull(name) is { } text)
            {
                action[name] = text;
            }
        }

        if (call.Args.Integer("insert_line") is { } line)
        {
            action["insert_line"] = line;
        }

        return FileEditor(action);
    }

    public static V1Call Think(V0Call call) => new(
        "think", OfKind("ThinkAction", new JObject { ["thought"] = call.Args.Text("thought") }), HasThought: true);

    public static V1Call Finish(V0Call call) => new(
        "finish", OfKind("FinishAction", new JObject { ["message"] = call.Args.Text("final_thought") }));

    public static V1Call TaskTracking(V0Call call) => new("task_tracker", OfKind("TaskTrackerAction", new JObject
    {
        ["command"] = call.Args.Text("command") is "plan" ? "plan" : "view",
        ["task_list"] = TaskList(call.Args),
    }));

    public static JArray TaskList(JObject holder) =>
    [
        .. holder.Objects("task_list").Select(static task => new JObject
        {
            ["title"] = task.Text("title"),
            ["notes"] = task.Text("notes"),
            ["status"] = s_statuses.Contains(task.Text("status")) ? task.Text("status") : "todo",
        }),
    ];

    public static V1Call Browse(V0Call call) => new("browser_navigate", OfKind("BrowserNavigateAction", new JObject
    {
        ["url"] = call.Args.Text("url"),
        ["new_tab"] = false,
    }));

    public static V1Call Mcp(V0Call call) => McpTool(call.Args.Text("name"), call.Args.Object("arguments") ?? []);

    public static V1Call BrowseInteractive(V0Call call) =>
        McpTool("browser", new JObject { ["code"] = call.Args.Text("browser_actions") }) with { Loss = HistoryLoss.OtherTool };

    public static V1Call RunIpython(V0Call call) =>
        McpTool("execute_ipython_cell_jupyter", new JObject { ["code"] = call.Args.Text("code") }) with { Loss = HistoryLoss.OtherTool };

    public static V1Call Generic(V0Call call)
    {
        var arguments = (JObject)call.Args.DeepClone();
        Array.ForEach(s_own, name => arguments.Remove(name));
        return McpTool(call.FunctionName ?? call.Name, arguments) with { Loss = HistoryLoss.OtherTool };
    }

    private static V1Call FileEditor(JObject action) => new("file_editor", OfKind("FileEditorAction", action));

    private static V1Call McpTool(string name, JObject arguments) =>
        new(name, OfKind("MCPToolAction", new JObject { ["data"] = arguments.DeepClone() }));

    private static JObject OfKind(string kind, JObject action)
    {
        action["kind"] = kind;
        return action;
    }
}
