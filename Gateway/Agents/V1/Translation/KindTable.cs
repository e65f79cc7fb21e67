using System.Collections.Frozen;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// Every word of V1's that the bridge knows, and what V0 shows for it: the translators go by it, unknown words are told by it, and
/// PROTOCOL.md's tables are made from it ("V1 kinds as V0 events"). Up to agent-server 1.58. Pure.
/// </summary>
internal static class KindTable
{
    /// <summary>Tools that a client brings have a kind of their own each.</summary>
    private const string ClientActions = "ClientAction_*";

    private const string AsMcp = "`call_tool_mcp` with the action's fields as arguments";

    private const string AsMcpResult = "`mcp`, its text as an MCP result";

    private const string AsBrowserCode = "`browse_interactive` with code that says the same";

    private const string BookKeeping = "nothing: V1's book-keeping";

    public static IReadOnlyList<EventKind> Events { get; } =
    [
        new("SystemPromptEvent", "`system`", static (to, e) => to.Messages.OnSystemPrompt(e)),
        new("MessageEvent", "of the user `message`, with the `file_urls` that its sender gave, and `recall` where skills were activated; "
            + "of the agent `message` that waits for an answer; a goal's own words to the agent `message` of the agent that waits for none; "
            + "of the environment nothing: the framework's nudges", static (to, e) => to.OnMessage(e)),
        new("ActionEvent", "the action's own row; nothing where the call could not be made", static (to, e) => to.OnAction(e)),
        new("ObservationEvent", "the observation's own row", static (to, e) => to.OnObservation(e)),
        new("UserRejectObservation", "`user_rejected`; `error` where a hook rejected it, or the user's stop did",
            static (to, e) => to.OnRejection(e)),
        new("AgentErrorEvent", "`error`; after a restart in the middle of a run the state `error` with its words too",
            static (to, e) => to.OnAgentError(e)),
        new("ConversationErrorEvent", "the state `error` with its reason, and a status update of type error",
            static (to, e) => to.States.OnConversationError(e)),
        new("ConversationStateUpdateEvent", "its key's own row", static (to, e) => to.OnStateUpdate(e)),
        new("PauseEvent", "nothing of its own: it settles what the state `paused` before it means",
            static (to, e) => to.States.OnPaused(e, interrupted: false)),
        new("InterruptEvent", "`error` for each action under way, and the state `stopped`",
            static (to, e) => to.States.OnPaused(e, interrupted: true)),
        new("Condensation", "`condensation`", static (to, e) => to.Messages.OnCondensation(e)),
        new("CondensationRequest", "`condensation_request`", static (to, e) => to.Messages.OnCondensationRequest(e)),
        new("ACPToolCallEvent", "the first of a call `call_tool_mcp`, the one that ends it `mcp`", static (to, e) => to.OnAcpToolCall(e)),
        new("ServerErrorEvent", "an error message without id, to those in the room", static (to, e) => to.OnServerError(e)),
        new("CondensationSummaryEvent", "nothing: the `Condensation` has the same summary"),
        new("StreamingDeltaEvent", "nothing: the whole text comes as an event of its own"),
        new("HookExecutionEvent", "nothing: V0 has no hooks; what one refuses is shown by the rejection that follows"),
        new("LLMCompletionLogEvent", "nothing: a log for developers"),
        new("TokenEvent", "nothing: numbers for training"),
    ];

    public static IReadOnlyList<StateKey> StateKeys { get; } =
    [
        new("execution_status", "`agent_state_changed` (see below)", static (to, e) => to.States.OnStatus(e)),
        new("stats", "`llm_metrics` of the actions that follow", static (to, e) => to.OnStats(e)),
        new("confirmation_policy", "nothing of its own: it decides which actions wait to be shown",
            static (to, e) => to.OnConfirmationPolicy(e)),
        new("security_analyzer", "nothing of its own, as the policy", static (to, e) => to.OnSecurityAnalyzer(e)),
        new("goal", "nothing of its own: it tells a goal's words from the user's", static (to, e) => to.OnGoal(e)),
        new("title", "the title's status update, and the conversation's title", static (_, _) => { }),
        new("full_state", "in no log; its status, policy and title as their own keys", static (_, _) => { }),
        new("activated_knowledge_skills", BookKeeping),
        new("activated_path_rules", BookKeeping),
        new("agent", BookKeeping),
        new("agent_state", BookKeeping),
        new("blocked_actions", BookKeeping),
        new("blocked_messages", BookKeeping),
        new("hook_config", BookKeeping),
        new("invoked_skills", BookKeeping),
        new("last_user_message_id", BookKeeping),
        new("leaf_event_id", BookKeeping),
        new("max_iterations", BookKeeping),
        new("persistence_dir", BookKeeping),
        new("secret_registry", BookKeeping),
        new("stuck_detection", BookKeeping),
        new("tags", BookKeeping),
        new("workspace", BookKeeping),
    ];

    public static IReadOnlyList<ActionKind> Actions { get; } =
    [
        new("TerminalAction", "`run`", ToolActions.Run),
        new("ExecuteBashAction", "`run` (the first V1's terminal)", ToolActions.Run),
        new("FileEditorAction", "`read` for `view`, `edit` for the other commands", ToolActions.FileEditor),
        new("StrReplaceEditorAction", "as `FileEditorAction` (the first V1's editor)", ToolActions.FileEditor),
        new("PlanningFileEditorAction", "as `FileEditorAction`", ToolActions.FileEditor),
        new("ReadFileAction", "`read`", ToolActions.ReadFile),
        new("WriteFileAction", "`write`", ToolActions.WriteFile),
        new("EditAction", "`edit` with the command `str_replace`", ToolActions.EditFile),
        new("ThinkAction", "`think`", ToolActions.Think),
        new("FinishAction", "`finish`", ToolActions.Finish),
        new("TaskTrackerAction", "`task_tracking` with ids `task-1`, …", ToolActions.TaskTracking),
        new("MCPToolAction", "`call_tool_mcp`, the tool's name and its arguments", ToolActions.McpTool),
        new("BrowserNavigateAction", "`browse`", ToolActions.Browse),
        new("BrowserClickAction", AsBrowserCode, ToolActions.BrowseInteractive),
        new("BrowserTypeAction", AsBrowserCode, ToolActions.BrowseInteractive),
        new("BrowserGetStateAction", AsBrowserCode, ToolActions.BrowseInteractive),
        new("BrowserGetContentAction", AsBrowserCode, ToolActions.BrowseInteractive),
        new("BrowserScrollAction", AsBrowserCode, ToolActions.BrowseInteractive),
        new("BrowserGoBackAction", AsBrowserCode, ToolActions.BrowseInteractive),
        new("BrowserListTabsAction", AsBrowserCode, ToolActions.BrowseInteractive),
        new("BrowserSwitchTabAction", AsBrowserCode, ToolActions.BrowseInteractive),
        new("BrowserCloseTabAction", AsBrowserCode, ToolActions.BrowseInteractive),
        new("BrowserGetStorageAction", AsBrowserCode, ToolActions.BrowseInteractive),
        new("BrowserSetStorageAction", $"{AsBrowserCode}, without what is set", ToolActions.BrowseInteractive),
        new("BrowserStartRecordingAction", AsBrowserCode, ToolActions.BrowseInteractive),
        new("BrowserStopRecordingAction", AsBrowserCode, ToolActions.BrowseInteractive),
        new("ApplyPatchAction", AsMcp, ToolActions.Generic),
        new("AskOracleAction", AsMcp, ToolActions.Generic),
        new("ClassifyAndSwitchLLMAction", AsMcp, ToolActions.Generic),
        new("ConsultTomAction", AsMcp, ToolActions.Generic),
        new("DelegateAction", AsMcp, ToolActions.Generic),
        new("GlobAction", AsMcp, ToolActions.Generic),
        new("GrepAction", AsMcp, ToolActions.Generic),
        new("InvokeSkillAction", AsMcp, ToolActions.Generic),
        new("ListDirectoryAction", AsMcp, ToolActions.Generic),
        new("SleeptimeComputeAction", AsMcp, ToolActions.Generic),
        new("StartChildConversationAction", AsMcp, ToolActions.Generic),
        new("SwitchLLMAction", AsMcp, ToolActions.Generic),
        new("TaskAction", AsMcp, ToolActions.Generic),
        new("VisionInspectAction", AsMcp, ToolActions.Generic),
        new("WorkflowAction", AsMcp, ToolActions.Generic),
        new(ClientActions, $"{AsMcp} (tools that a client brings)", ToolActions.Generic),
    ];

    public static IReadOnlyList<ObservationKind> Observations { get; } =
    [
        new("TerminalObservation", "`run`", "run"),
        new("ExecuteBashObservation", "`run`", "run"),
        new("FileEditorObservation", "`read` or `edit`, with a unified diff made from the whole texts", "edit"),
        new("StrReplaceEditorObservation", "as `FileEditorObservation`", "edit"),
        new("PlanningFileEditorObservation", "as `FileEditorObservation`", "edit"),
        new("ReadFileObservation", "`read`", "read"),
        new("WriteFileObservation", "`write`; `error` where it failed", "write"),
        new("EditObservation", "`edit` with a unified diff", "edit"),
        new("ThinkObservation", "`think`", "think"),
        new("FinishObservation", "nothing: V0 has none for it", "finish"),
        new("TaskTrackerObservation", "`task_tracking`", "task_tracking"),
        new("BrowserObservation", "`browse` with the screenshot", "browse"),
        new("MCPToolObservation", "`mcp`, without V1's own first line", "call_tool_mcp"),
        new("ApplyPatchObservation", AsMcpResult, "call_tool_mcp"),
        new("AskOracleObservation", AsMcpResult, "call_tool_mcp"),
        new("ClassifyAndSwitchLLMObservation", AsMcpResult, "call_tool_mcp"),
        new("ClientToolObservation", AsMcpResult, "call_tool_mcp"),
        new("ConsultTomObservation", AsMcpResult, "call_tool_mcp"),
        new("DelegateObservation", AsMcpResult, "call_tool_mcp"),
        new("GlobObservation", AsMcpResult, "call_tool_mcp"),
        new("GrepObservation", AsMcpResult, "call_tool_mcp"),
        new("InvokeSkillObservation", AsMcpResult, "call_tool_mcp"),
        new("ListDirectoryObservation", AsMcpResult, "call_tool_mcp"),
        new("SleeptimeComputeObservation", AsMcpResult, "call_tool_mcp"),
        new("StartChildConversationObservation", AsMcpResult, "call_tool_mcp"),
        new("SwitchLLMObservation", AsMcpResult, "call_tool_mcp"),
        new("TaskObservation", AsMcpResult, "call_tool_mcp"),
        new("VisionInspectObservation", AsMcpResult, "call_tool_mcp"),
        new("WorkflowObservation", AsMcpResult, "call_tool_mcp"),
    ];

    private static readonly FrozenDictionary<string, EventKind> s_events = ByName(Events);
    private static readonly FrozenDictionary<string, StateKey> s_stateKeys = ByName(StateKeys);
    private static readonly FrozenDictionary<string, ActionKind> s_actions = ByName(Actions);
    private static readonly FrozenDictionary<string, ObservationKind> s_observations = ByName(Observations);

    /// <summary>The row of an event's kind; null for one that the table does not have, as with the others.</summary>
    public static EventKind? FindEvent(string kind) => s_events.GetValueOrDefault(kind);

    public static StateKey? FindStateKey(string key) => s_stateKeys.GetValueOrDefault(key);

    public static ActionKind? FindAction(string kind) =>
        s_actions.GetValueOrDefault(kind.StartsWith(ClientActions[..^1], StringComparison.Ordinal) ? ClientActions : kind);

    public static ObservationKind? FindObservation(string kind) => s_observations.GetValueOrDefault(kind);

    private static FrozenDictionary<string, TRow> ByName<TRow>(IEnumerable<TRow> rows)
        where TRow : KindRow => rows.ToFrozenDictionary(static row => row.Name, StringComparer.Ordinal);
}
