namespace Gateway.Tools.Verify.Features;

/// <summary>
/// The rows about what a log holds, by kind. Alone every stored event is served as it is, whatever its kind; before V1 the question is
/// whether V1's log has what becomes one. Pure.
/// </summary>
internal static class LogFeatures
{
    private static readonly FeatureReply s_noTool = FeatureReply.NotServed("nothing of V1's becomes it");

    private static readonly FeatureReply s_neverShown = new(FeatureAnswer.Same, "it is kept, and no client is shown one");

    private static readonly FeatureReply s_asMcp = FeatureReply.Different("V1's tool is shown as call_tool_mcp");

    public static IReadOnlyList<Feature> All { get; } =
    [
        .. new[]
        {
            "message", "system", "run", "read", "write", "edit", "browse", "browse_interactive", "call_tool_mcp", "think", "finish",
            "change_agent_state", "recall", "condensation", "condensation_request", "task_tracking",
        }.Select(static kind => Action(kind, FeatureReply.Same)),
        Action("run_ipython", s_noTool),
        Action("delegate", s_asMcp),
        Action("reject", s_noTool),
        Action("loop_recovery", s_noTool),
        Action("null", s_neverShown) with { Alone = s_neverShown },
        Action(FeatureTable.AnyKind, FeatureReply.NotServed("no kind of V0 0.62's")),
        .. new[]
        {
            "run", "read", "write", "edit", "browse", "mcp", "agent_state_changed", "error", "think", "user_rejected", "recall",
            "task_tracking",
        }.Select(static kind => Observation(kind, FeatureReply.Same)),
        Observation("run_ipython", s_noTool),
        Observation("delegate", FeatureReply.Different("V1's tool is shown as mcp")),
        Observation("success", s_noTool),
        Observation("condense", s_noTool),
        Observation("download", s_noTool),
        Observation("loop_detection", s_noTool),
        Observation("null", s_neverShown) with { Alone = s_neverShown },
        Observation(FeatureTable.AnyKind, FeatureReply.NotServed("no kind of V0 0.62's")),
        new("log-gap", FeatureGroup.Log, "An id that no event has", "a store without the file of an id; passed over, as with V0"),
        new("log-damage", FeatureGroup.Log, "An event that cannot be read", "a file of an event that is empty, cut off or no JSON object")
        {
            Alone = FeatureReply.Different("it is left out and named in the log; V0 leaves its client without an answer"),
            BeforeV1 = FeatureReply.Different("it is left out and named in the log; V0 leaves its client without an answer"),
        },
        new("log-of-user", FeatureGroup.Log, "Conversations that belong to a user", "users/{id}/conversations in a store"),
    ];

    private static Feature Action(string kind, FeatureReply beforeV1) => new(
        $"action:{kind}", FeatureGroup.Log, kind == FeatureTable.AnyKind ? "An action of another kind" : $"The action `{kind}`",
        "action of an event, in a log or on the wire")
    {
        BeforeV1 = beforeV1,
    };

    private static Feature Observation(string kind, FeatureReply beforeV1) => new(
        $"observation:{kind}", FeatureGroup.Log,
        kind == FeatureTable.AnyKind ? "An observation of another kind" : $"The observation `{kind}`",
        "observation of an event, in a log or on the wire")
    {
        BeforeV1 = beforeV1,
    };
}
