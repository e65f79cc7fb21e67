using System.Collections.Frozen;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Events;

/// <summary>A field of an event's <c>args</c> or <c>extras</c>.</summary>
/// <param name="Default">V0's default, never changed; null when the field is required.</param>
internal readonly record struct EventField(string Name, JToken? Default, bool IsText)
{
    public JToken DefaultValue() => Default?.DeepClone() ?? JValue.CreateNull();
}

/// <summary>
/// V0's actions and observations that have a class, with their fields in V0's order (PROTOCOL.md, "V0 actions" and "V0 observations"). Enum
/// members without a class (<c>start</c>, <c>pause</c>, …) are absent: V0 refuses them. Immutable.
/// </summary>
internal static class EventTypes
{
    /// <summary>The version of V0 whose events these are; a <c>system</c> action names it.</summary>
    public const string ServerVersion = "0.62.0";

    private const string Risk = "security_risk:-1";
    private const string Confirmation = "confirmation_state:\"confirmed\"";

    public static FrozenDictionary<string, IReadOnlyList<EventField>> Actions { get; } = Table(
        ("message", ["content", "file_urls:null", "image_urls:null", "wait_for_response:false", Risk]),
        ("system", ["content", "tools:null", $"openhands_version:\"{ServerVersion}\"", "agent_class:null"]),
        ("run", ["command", "is_input:false", "thought:\"\"", "blocking:false", "is_static:false", "cwd:null", "hidden:false", Confirmation,
            Risk]),
        ("run_ipython", ["code", "thought:\"\"", "include_extra:true", Confirmation, Risk, "kernel_init_code:\"\""]),
        ("read", ["path", "start:0", "end:-1", "thought:\"\"", Risk, "impl_source:\"default\"", "view_range:null"]),
        ("write", ["path", "content", "start:0", "end:-1", "thought:\"\"", Risk]),
        ("edit", [
            "path", "command:\"\"", "file_text:null", "old_str:null", "new_str:null", "insert_line:null", "content:\"\"", "start:1",
                "end:-1",
            "thought:\"\"", Risk, "impl_source:\"oh_aci\""]),
        ("browse", ["url", "thought:\"\"", Risk, "return_axtree:false"]),
        ("browse_interactive", ["browser_actions", "thought:\"\"", "browsergym_send_msg_to_user:\"\"", Risk, "return_axtree:false"]),
        ("call_tool_mcp", ["name", "arguments:{}", "thought:\"\"", Risk]),
        ("delegate", ["agent", "*inputs", "thought:\"\""]),
        ("think", ["thought:\"\""]),
        ("finish", ["final_thought:\"\"", "outputs:{}", "thought:\"\""]),
        ("reject", ["outputs:{}", "thought:\"\""]),
        ("change_agent_state", ["agent_state", "thought:\"\""]),
        ("recall", ["recall_type", "query:\"\"", "thought:\"\""]),
        ("condensation", [
            "forgotten_event_ids:null", "forgotten_events_start_id:null", "forgotten_events_end_id:null", "summary:null",
                "summary_offset:null"]),
        ("condensation_request", []),
        ("task_tracking", ["command:\"view\"", "task_list:[]", "thought:\"\""]),
        ("loop_recovery", ["option:1"]),
        ("null", []));

    public static FrozenDictionary<string, IReadOnlyList<EventField>> Observations { get; } = Table(
        ("run", ["command", "metadata:{}", "hidden:false"]),
        ("run_ipython", ["code", "image_urls:null"]),
        ("read", ["path", "impl_source:\"default\""]),
        ("write", ["path"]),
        ("edit", [
            "path:\"\"", "prev_exist:false", "old_content:null", "new_content:null", "impl_source:\"llm_based_edit\"", "diff:null",
            "_diff_cache:null"]),
        ("browse", [
            "url", "trigger_by_action", "screenshot:\"\"", "screenshot_path:null", "set_of_marks:\"\"", "error:false", "goal_image_urls:[]",
            "open_pages_urls:[]", "active_page_index:-1", "dom_object:{}", "axtree_object:{}", "extra_element_properties:{}",
            "last_browser_action:\"\"", "last_browser_action_error:\"\"", "focused_element_bid:\"\"", "filter_visible_only:false"]),
        ("mcp", ["name:\"\"", "arguments:{}"]),
        ("delegate", ["*outputs"]),
        ("think", []),
        ("agent_state_changed", ["agent_state", "reason:\"\""]),
        ("error", ["error_id:\"\""]),
        ("success", []),
        ("user_rejected", []),
        ("condense", []),
        ("recall", [
            "recall_type", "repo_name:\"\"", "repo_directory:\"\"", "repo_branch:\"\"", "repo_instructions:\"\"", "runtime_hosts:{}",
            "additional_agent_instructions:\"\"", "date:\"\"", "custom_secrets_descriptions:{}", "conversation_instructions:\"\"",
            "working_dir:\"\"", "microagent_knowledge:[]"]),
        ("download", ["file_path"]),
        ("task_tracking", ["command:\"\"", "task_list:[]"]),
        ("loop_detection", []),
        ("null", []));

    /// <summary>What a <c>run</c> observation tells of the shell, in V0's order.</summary>
    public static IReadOnlyList<EventField> RunMetadata { get; } = [.. new[]
    {
        "exit_code:-1", "pid:-1", "username:null", "hostname:null", "working_dir:null", "py_interpreter_path:null", "prefix:\"\"",
            "suffix:\"\"",
    }.Select(Field)];

    private static FrozenDictionary<string, IReadOnlyList<EventField>> Table(params (string Type, string[] Fields)[] rows) =>
        rows.ToFrozenDictionary(
            static row => row.Type, static row => (IReadOnlyList<EventField>)[.. row.Fields.Select(Field)], StringComparer.Ordinal);

    /// <summary><c>name:default</c>; without a default the field is required, and text unless it begins with a star.</summary>
    private static EventField Field(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? new EventField(text.TrimStart('*'), null, !text.StartsWith('*'))
            : new EventField(text[..colon], JsonTree.ReadOrNull(text[(colon + 1)..]), false);
    }
}
