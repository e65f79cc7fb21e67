using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// A V1 tool call that can be executed: the <c>action</c> object of an <c>ActionEvent</c>, and the event's fields around it.
/// </summary>
internal readonly record struct ToolCall(JObject Action, string ToolName, string Thought, int Risk);

/// <summary>A V0 action's name, args, and time limit where the agent set one.</summary>
internal readonly record struct V0Action(string Name, JObject Args, JToken? Timeout = null);

/// <summary>V1 tool actions as V0 actions, each kind by its row in the <see cref="KindTable"/>. Pure.</summary>
internal static class ToolActions
{
    /// <summary>V0's word for a risk that nobody knows.</summary>
    public const int UnknownRisk = -1;

    /// <summary>By the action's row; without one as a browser's where its name says so, else as a tool that V0 never had.</summary>
    public static V0Action Translate(ToolCall call)
    {
        var kind = call.Action.Text("kind");
        return KindTable.FindAction(kind) is { } row ? row.Translate(call)
            : BrowserCode.IsBrowser(kind) ? BrowseInteractive(call)
            : Generic(call);
    }

    public static int Risk(string risk) => risk switch
    {
        "LOW" => 0,
        "MEDIUM" => 1,
        "HIGH" => 2,
        _ => UnknownRisk,
    };

    public static V0Action Run(ToolCall call) => new("run", new JObject
    {
        ["command"] = call.Action.Text("command"),
        ["is_input"] = call.Action.Flag("is_input"),
        ["thought"] = call.Thought,
        ["blocking"] = false,
        ["is_static"] = false,
        ["cwd"] = null,
        ["hidden"] = false,
        ["confirmation_state"] = "confirmed",
        ["security_risk"] = call.Risk,
    }, call.Action["timeout"]);

    public static V0Action FileEditor(ToolCall call) => call.Action.Text("command") == "view"
        ? Read(call, call.Action.Text("path"), call.Action.Copy("view_range"))
        : Edit(call, call.Action.Text("path"), call.Action.Text("command"), call.Action.Copy("file_text"),
            call.Action.Copy("old_str"), call.Action.Copy("new_str"), call.Action.Copy("insert_line"));

    public static V0Action ReadFile(ToolCall call) => Read(call, call.Action.Text("file_path"), JValue.CreateNull());

    private static V0Action Read(ToolCall call, string path, JToken viewRange) => new("read", new JObject
    {
        ["path"] = path,
        ["start"] = 0,
        ["end"] = -1,
        ["thought"] = call.Thought,
        ["security_risk"] = call.Risk,
        ["impl_source"] = "oh_aci",
        ["view_range"] = viewRange,
    });

    private static V0Action Edit(
        ToolCall call, string path, string command, JToken fileText, JToken oldText, JToken newText, JToken insertLine) =>
            new("edit", new JObject
            {
                ["path"] = path,
                ["command"] = command,
                ["file_text"] = fileText,
                ["old_str"] = oldText,
                ["new_str"] = newText,
                ["insert_line"] = insertLine,
                ["content"] = "",
                ["start"] = 1,
                ["end"] = -1,
                ["thought"] = call.Thought,
                ["security_risk"] = call.Risk,
                ["impl_source"] = "oh_aci",
            });

    public static V0Action EditFile(ToolCall call) => Edit(
        call, call.Action.Text("file_path"), "str_replace", JValue.CreateNull(),
        call.Action.Copy("old_string"), call.Action.Copy("new_string"), JValue.CreateNull());

    public static V0Action WriteFile(ToolCall call) => new("write", new JObject
    {
        ["path"] = call.Action.Text("file_path"),
        ["content"] = call.Action.Text("content"),
        ["start"] = 0,
        ["end"] = -1,
        ["thought"] = call.Thought,
        ["security_risk"] = call.Risk,
    });

    public static V0Action Think(ToolCall call)
    {
        var thought = call.Action.Text("thought");
        return new("think", new JObject { ["thought"] = call.Thought.Length > 0 ? $"{call.Thought}\n{thought}" : thought });
    }

    public static V0Action Finish(ToolCall call) => new("finish", new JObject
    {
        ["final_thought"] = call.Action.Text("message"),
        ["outputs"] = new JObject(),
        ["thought"] = call.Thought,
    });

    public static V0Action TaskTracking(ToolCall call) => new("task_tracking", new JObject
    {
        ["command"] = call.Action.Text("command"),
        ["task_list"] = TaskList(call.Action),
        ["thought"] = call.Thought,
    });

    /// <summary>V1's tasks have no ids; V0 numbers them so where an agent gave none.</summary>
    public static JArray TaskList(JObject holder)
    {
        var tasks = holder.Objects("task_list").Select(static (task, index) => new JObject
        {
            ["id"] = $"task-{index + 1}",
            ["title"] = task.Text("title"),
            ["status"] = task.TextOrNull("status") ?? "todo",
            ["notes"] = task.Text("notes"),
        });
        return [.. tasks];
    }

    public static V0Action Browse(ToolCall call) => new("browse", new JObject
    {
        ["url"] = call.Action.Text("url"),
        ["thought"] = call.Thought,
        ["security_risk"] = call.Risk,
        ["return_axtree"] = false,
    });

    public static V0Action BrowseInteractive(ToolCall call) => new("browse_interactive", new JObject
    {
        ["browser_actions"] = BrowserCode.Write(call.Action),
        ["thought"] = call.Thought,
        ["browsergym_send_msg_to_user"] = "",
        ["security_risk"] = call.Risk,
        ["return_axtree"] = false,
    });

    public static V0Action McpTool(ToolCall call) => Mcp(call, call.Action.Object("data") ?? []);

    private static V0Action Mcp(ToolCall call, JObject arguments) => new("call_tool_mcp", new JObject
    {
        ["name"] = call.ToolName,
        ["arguments"] = arguments.DeepClone(),
        ["thought"] = call.Thought,
        ["security_risk"] = call.Risk,
    });

    /// <summary>A tool that V0 never had is shown as an MCP tool: V0's clients show any name and arguments of those.</summary>
    public static V0Action Generic(ToolCall call)
    {
        var arguments = (JObject)call.Action.DeepClone();
        arguments.Remove("kind");
        return Mcp(call, arguments);
    }
}
