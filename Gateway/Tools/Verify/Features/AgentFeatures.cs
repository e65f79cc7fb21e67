namespace Gateway.Tools.Verify.Features;

/// <summary>The rows about what clients ask of an agent, and what they are told without an id. Pure.</summary>
internal static class AgentFeatures
{
    private static readonly FeatureReply s_kept =
        FeatureReply.Different("it is kept and shown to all; there is no agent that acts on it");

    private static readonly FeatureReply s_refused = FeatureReply.NotServed("it is refused, and the sender is told");

    public static IReadOnlyList<Feature> All { get; } =
    [
        Sent("message", "A message to the agent", FeatureReply.Same),
        Sent("change_agent_state", "Stop, pause, go on, confirm or reject", FeatureReply.Same),
        Sent("run", "A command of the user's", FeatureReply.Different("it runs in V1's workspace, and V1's agent does not see it")),
        Sent(FeatureTable.AnyKind, "Another action or observation of a client", s_refused),
        Told("status-update", "A status update", "status_update in an oh_event",
            FeatureReply.Different("those of an agent do not come, as there is none")),
        Told("title-update", "A new title", "conversation_title in an oh_event",
            new(FeatureAnswer.Same, "made from the first message; V0 asks its model first")),
        Told("error-message", "An error without an id", "error in an oh_event", FeatureReply.Same),
        Told("stopped-state", "The end of a session, without an id", "agent_state_changed without an id", FeatureReply.Same),
    ];

    private static Feature Sent(string kind, string what, FeatureReply beforeV1) =>
        new($"sent:{kind}", FeatureGroup.Sent, what, "the action of an oh_user_action, by its kind")
        {
            Alone = s_kept,
            BeforeV1 = beforeV1,
        };

    private static Feature Told(string name, string what, string seenAs, FeatureReply alone) =>
        new(name, FeatureGroup.Sent, what, seenAs) { Alone = alone };
}
