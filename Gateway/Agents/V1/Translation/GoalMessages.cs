namespace Gateway.Agents.V1.Translation;

/// <summary>
/// A goal's words to the agent. V1 sends them as the user's own, and only their text tells them from those (PROTOCOL.md, "V1 events").
/// Pure.
/// </summary>
internal static class GoalMessages
{
    private static readonly string[] s_beginnings =
    [
        "The goal is NOT yet complete (audit iteration ",
        "Resuming a goal that was paused or interrupted. ",
    ];

    public static bool IsOne(string text) =>
        Array.Exists(s_beginnings, beginning => text.StartsWith(beginning, StringComparison.Ordinal));
}
