using System.Collections.Frozen;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>What a V1 tool gave, and the V0 action that asked for it, when that is known.</summary>
internal readonly record struct ToolResult(JObject Observation, TrackedAction? Action, string Timestamp, string BrowserUrl, string ToolName)
{
    public string Text => V1Json.JoinedText(Observation.Objects("content"));

    public bool IsError => Observation.Flag("is_error");

    /// <summary>The text with the mark by which V0's clients tell a failed file operation (PROTOCOL.md, "What V0 clients need").</summary>
    public string MarkedText => IsError ? $"ERROR:\n{Text}" : Text;

    public JObject Args => Action?.Args ?? [];
}

/// <summary>
/// V1 tool observations as V0 observations (PROTOCOL.md, "V1 kinds as V0 events"), by the V0 action they answer. Pure. No result: V0 has
/// none for it.
/// </summary>
internal static class ToolObservations
{
    private static readonly FrozenDictionary<string, Func<ToolResult, JObject?>> s_byAction =
        new Dictionary<string, Func<ToolResult, JObject?>>(StringComparer.Ordinal)
        {
            ["run"] = Run,
            ["read"] = Read,
            ["edit"] = Edit,
            ["write"] = Write,
            ["think"] = static result => V0Draft.Observation(result.Timestamp, "think", "Your thought has been logged."),
            ["finish"] = static _ => null,
            ["task_tracking"] = TaskTracking,
            ["browse"] = BrowserObservation.Translate,
            ["browse_interactive"] = BrowserObservation.Translate,
            ["call_tool_mcp"] = McpObservation.Translate,
        }.ToFrozenDictionary(StringComparer.Ordinal);

    public static JObject? Translate(ToolResult result)
    {
        var action = result.Action?.Name ?? ActionOf(result.Observation);
        return (s_byAction.GetValueOrDefault(action) ?? McpObservation.Translate)(result);
    }

    /// <summary>The V0 action that such an observation would answer: for one whose action was not seen.</summary>
    private static string ActionOf(JObject observation) => KindTable.FindObservation(observation.Text("kind"))?.Answers switch
    {
        "edit" when observation.Text("command") == "view" => "read",
        { } action => action,
        null => "call_tool_mcp",
    };

    private static JObject Run(ToolResult result)
    {
        var metadata = result.Observation.Object("metadata") ?? [];
        var exitCode = metadata.Integer("exit_code") ?? -1;
        if (exitCode == -1)
        {
            exitCode = result.Observation.Integer("exit_code") ?? -1;
        }

        // V0's clients show -1 as a time-out; a tool that failed without exit code did not time out.
        if (exitCode == -1 && result.IsError)
        {
            exitCode = 1;
        }

        var extras = new JObject
        {
            ["command"] = result.Observation.TextOrNull("command") ?? result.Args.Text("command"),
            ["metadata"] = new JObject
            {
                ["exit_code"] = exitCode,
                ["pid"] = metadata.Integer("pid") ?? -1,
                ["username"] = metadata.Copy("username"),
                ["hostname"] = metadata.Copy("hostname"),
                ["working_dir"] = metadata.Copy("working_dir"),
                ["py_interpreter_path"] = metadata.Copy("py_interpreter_path"),
                ["prefix"] = metadata.Text("prefix"),
                ["suffix"] = metadata.Text("suffix"),
            },
            ["hidden"] = false,
        };
        return V0Draft.Observation(result.Timestamp, "run", result.Text, extras, exitCode == 0);
    }

    private static JObject Read(ToolResult result) =>
        V0Draft.Observation(result.Timestamp, "read", result.MarkedText,
            new JObject { ["path"] = Path(result), ["impl_source"] = "oh_aci" });

    private static JObject Write(ToolResult result) => result.IsError
        ? V0Draft.Error(result.Timestamp, result.MarkedText)
        : V0Draft.Observation(result.Timestamp, "write", "", new JObject { ["path"] = Path(result) });

    private static JObject Edit(ToolResult result)
    {
        var observation = result.Observation;
        var path = Path(result);
        var diff = result.IsError ? "" : UnifiedDiff.Create(path, observation.Text("old_content"), observation.Text("new_content"));
        return V0Draft.Observation(result.Timestamp, "edit", result.MarkedText, new JObject
        {
            ["path"] = path,
            ["prev_exist"] = observation["is_new_file"] is not null ? !observation.Flag("is_new_file") : observation.Flag("prev_exist"),
            ["old_content"] = result.Args.Copy("old_str"),
            ["new_content"] = result.Args.Copy("new_str"),
            ["impl_source"] = "oh_aci",
            ["diff"] = diff,
            ["_diff_cache"] = null,
        });
    }

    private static JObject TaskTracking(ToolResult result) =>
        V0Draft.Observation(result.Timestamp, "task_tracking", result.Text, new JObject
        {
            ["command"] = result.Observation.TextOrNull("command") ?? result.Args.Text("command"),
            ["task_list"] = ToolActions.TaskList(result.Observation),
        });

    private static string Path(ToolResult result) =>
        result.Observation.TextOrNull("path") ?? result.Observation.TextOrNull("file_path") ?? result.Args.Text("path");
}
