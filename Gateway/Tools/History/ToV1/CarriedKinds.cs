using System.Collections.Frozen;

namespace Gateway.Tools.History.ToV1;

/// <summary>
/// The whole table of what V0's events become in V1: the other direction of the bridge's table of kinds. docs/history.md is made from it.
/// What has no row, and calls a tool, goes as an MCP tool of that name. Pure.
/// </summary>
internal static class CarriedKinds
{
    private const string AsMcp = "a call of an MCP tool of that name";

    public static IReadOnlyList<CarriedOther> Others { get; } =
    [
        new("system", "`SystemPromptEvent`, the first event"),
        new("message", "`MessageEvent` of its user or agent, with its images"),
        new("recall", "its microagents: `activated_skills` and `extended_content` of the message that woke them"),
        new("agent_state_changed", "`execution_status`"),
        new("change_agent_state", "nothing"),
        new("condensation", "`Condensation` of the same events, with the summary"),
        new("condensation_request", "`CondensationRequest`, where a condensation has followed it"),
        new("null", "nothing"),
    ];

    public static IReadOnlyList<CarriedCall> Calls { get; } =
    [
        new("run", "`terminal`", CallTranslator.Run),
        new("read", "`file_editor`'s `view`", CallTranslator.Read),
        new("write", "`file_editor`'s `create`", CallTranslator.Write),
        new("edit", "`file_editor`; one of a model's own, by lines: " + AsMcp, CallTranslator.Edit),
        new("think", "`think`", CallTranslator.Think),
        new("finish", "`finish`, with the result that V1 has for it and V0 has not", CallTranslator.Finish),
        new("task_tracking", "`task_tracker`", CallTranslator.TaskTracking),
        new("browse", "`browser_navigate`", CallTranslator.Browse),
        new("call_tool_mcp", "the MCP tool", CallTranslator.Mcp),
        new("browse_interactive", "an MCP tool `browser` with the code", CallTranslator.BrowseInteractive),
        new("run_ipython", "an MCP tool `execute_ipython_cell_jupyter` with the code", CallTranslator.RunIpython),
    ];

    public static IReadOnlyList<CarriedResult> Results { get; } =
    [
        new("run", "`TerminalObservation`", ResultTranslator.Run),
        new("read", "`FileEditorObservation`", ResultTranslator.File),
        new("write", "`FileEditorObservation`", ResultTranslator.File),
        new("edit", "`FileEditorObservation`", ResultTranslator.File),
        new("think", "`ThinkObservation`", ResultTranslator.Think),
        new("task_tracking", "`TaskTrackerObservation`", ResultTranslator.TaskTracking),
        new("browse", "`BrowserObservation` with the screenshot; of `browse_interactive` as an MCP tool's", ResultTranslator.Browse),
        new("mcp", "`MCPToolObservation`", ResultTranslator.Mcp),
        new("error", "`AgentErrorEvent`", ResultTranslator.Error),
        new("user_rejected", "`UserRejectObservation`", ResultTranslator.Rejected),
    ];

    private static readonly FrozenSet<string> s_others = Others.Select(static row => row.Name).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, CarriedCall> s_calls =
        Calls.ToFrozenDictionary(static row => row.Name, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, CarriedResult> s_results =
        Results.ToFrozenDictionary(static row => row.Name, StringComparer.Ordinal);

    /// <summary>An action, or observation, of this name has nothing to do with a tool.</summary>
    public static bool IsOther(string name) => s_others.Contains(name);

    public static V1Call Translate(V0Call call) =>
        s_calls.TryGetValue(call.Name, out var row) ? row.Translate(call) : CallTranslator.Generic(call);

    public static ObservationDraft Translate(V0Result result) =>
        s_results.TryGetValue(result.Name, out var row) ? row.Translate(result) : ResultTranslator.Generic(result);
}
