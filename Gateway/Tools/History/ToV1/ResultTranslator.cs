using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History.ToV1;

/// <summary>A V0 observation, and the call of V1's that it answers.</summary>
internal readonly record struct V0Result(JObject Event, V1Call Call)
{
    public string Name => Event.Text("observation");

    public string Content => Event.Text("content");

    public JObject Extras => Event.Object("extras") ?? [];
}

/// <summary>The kind of event that answers a call in V1, and the fields of its own.</summary>
internal readonly record struct ObservationDraft(string EventKind, JObject Fields)
{
    public const string Observation = "ObservationEvent";
    public const string Error = "AgentErrorEvent";
    public const string Rejection = "UserRejectObservation";
}

/// <summary>V0's results as V1's, each kind by its row in the <see cref="CarriedKinds"/>. V1's reader refuses unknown keys. Pure.</summary>
internal static class ResultTranslator
{
    // By which V0's clients tell a failed file operation (PROTOCOL.md, "What V0 clients need").
    private const string ErrorMark = "ERROR:\n";

    // What V0 says of any rejection, before its reason.
    private const string RejectedMark = "Action has been rejected by the user! Waiting for further user input.";

    private const string DefaultReason = "User rejected the action.";

    public static ObservationDraft Run(V0Result result)
    {
        var said = result.Extras.Object("metadata") ?? [];
        var exitCode = said.Integer("exit_code") ?? result.Extras.Integer("exit_code") ?? -1;
        var metadata = new JObject { ["exit_code"] = exitCode, ["pid"] = said.Integer("pid") ?? -1 };
        foreach (var name in new[] { "username", "hostname", "working_dir", "py_interpreter_path" })
        {
            if (said.TextOrNull(name) is { } text)
            {
                metadata[name] = text;
            }
        }

        metadata["prefix"] = said.Text("prefix");
        metadata["suffix"] = said.Text("suffix");
        return Of("TerminalObservation", V1Content.TextOrNothing(result.Content), isError: false, new JObject
        {
            ["command"] = result.Extras.TextOrNull("command") ?? result.Call.Action.Text("command"),
            ["exit_code"] = exitCode,
            ["timeout"] = false,
            ["metadata"] = metadata,
        });
    }

    public static ObservationDraft File(V0Result result)
    {
        if (result.Call.Action.Text("kind") != "FileEditorAction")
        {
            return Generic(result);
        }

        var isError = result.Content.StartsWith(ErrorMark, StringComparison.Ordinal);
        var fields = new JObject
        {
            ["command"] = result.Call.Action.Text("command"),
            ["path"] = result.Extras.TextOrNull("path") ?? result.Call.Action.Text("path"),
            ["prev_exist"] = result.Name != "edit" || result.Extras.Flag("prev_exist"),
        };
        foreach (var name in new[] { "old_content", "new_content" })
        {
            if (result.Extras.TextOrNull(name) is { } text)
            {
                fields[name] = text;
            }
        }

        var content = V1Content.TextOrNothing(isError ? result.Content[ErrorMark.Length..] : result.Content);
        return Of("FileEditorObservation", content, isError, fields);
    }

    public static ObservationDraft Think(V0Result result) =>
        Of("ThinkObservation", V1Content.TextOrNothing(result.Content), isError: false);

    /// <summary>V0 has no result for it, and V1 wants one.</summary>
    public static ObservationDraft Finished(V1Call call) =>
        Of("FinishObservation", V1Content.TextOrNothing(call.Action.Text("message")), isError: false);

    public static ObservationDraft TaskTracking(V0Result result) =>
        Of("TaskTrackerObservation", V1Content.TextOrNothing(result.Content), isError: false, new JObject
        {
            ["command"] = result.Extras.Text("command") is { Length: > 0 } command ? command : "view",
            ["task_list"] = CallTranslator.TaskList(result.Extras),
        });

    public static ObservationDraft Browse(V0Result result)
    {
        if (result.Call.Tool != "browser_navigate")
        {
            return Generic(result);
        }

        var fields = new JObject();
        if (result.Extras.Text("screenshot") is { Length: > 0 } screenshot)
        {
            // V1's is bare base64.
            fields["screenshot_data"] = screenshot[(screenshot.IndexOf(',', StringComparison.Ordinal) + 1)..];
        }

        return Of("BrowserObservation", V1Content.TextOrNothing(result.Content), result.Extras.Flag("error"), fields);
    }

    /// <summary>V0 has an MCP result as JSON text.</summary>
    public static ObservationDraft Mcp(V0Result result) =>
        JsonTree.TryReadObject(result.Content, out var said) && said["content"] is JArray items
            ? OfMcp(result.Call.Tool, items.OfType<JObject>().Select(McpItem), said.Flag("isError"))
            : Generic(result);

    public static ObservationDraft Error(V0Result result) => new(ObservationDraft.Error, new JObject { ["error"] = result.Content });

    public static ObservationDraft Rejected(V0Result result)
    {
        var reason = result.Content.Replace(RejectedMark, "", StringComparison.Ordinal).Trim();
        return new ObservationDraft(
            ObservationDraft.Rejection, new JObject { ["rejection_reason"] = reason.Length > 0 ? reason : DefaultReason });
    }

    public static ObservationDraft Generic(V0Result result)
    {
        var items = V1Content.TextOrNothing(result.Content).OfType<JObject>();
        if (result.Extras.Text("screenshot") is { Length: > 0 } screenshot)
        {
            items = items.Append(V1Content.Images([screenshot]));
        }

        return OfMcp(result.Call.Tool, items, isError: false);
    }

    private static JObject McpItem(JObject item) => item.Text("type") switch
    {
        "text" => V1Content.Text(item.Text("text")),
        "image" => V1Content.Images([$"data:{item.TextOrNull("mimeType") ?? "image/png"};base64,{item.Text("data")}"]),
        _ => V1Content.Text(item.ToString(Newtonsoft.Json.Formatting.None)),
    };

    private static ObservationDraft OfMcp(string tool, IEnumerable<JObject> items, bool isError) =>

        // V1 begins an MCP tool's result with this line.
        Of(
            "MCPToolObservation",
            [V1Content.Text($"[Tool '{tool}' executed.]"), .. items.Where(static item => item.TextOrNull("text") != "")],
            isError,
            new JObject { ["tool_name"] = tool });

    private static ObservationDraft Of(string kind, JArray content, bool isError, JObject? fields = null)
    {
        var observation = new JObject { ["content"] = content, ["is_error"] = isError };
        foreach (var (name, value) in fields ?? [])
        {
            observation[name] = value;
        }

        observation["kind"] = kind;
        return new ObservationDraft(ObservationDraft.Observation, new JObject { ["observation"] = observation });
    }
}
