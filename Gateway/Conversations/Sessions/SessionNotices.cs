using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Sessions;

/// <summary>What a session itself says without an id (facts B.2, G.1). Pure.</summary>
internal static class SessionNotices
{
    public const string TooManyConversations = "AGENT_ERROR$TOO_MANY_CONVERSATIONS";

    /// <summary>V0's status update.</summary>
    /// <param name="type"><c>info</c> or <c>error</c>.</param>
    /// <param name="id">A text, such as <c>STATUS$READY</c>.</param>
    public static JObject StatusUpdate(string type, string id, string message) =>
        new() { ["status_update"] = true, ["type"] = type, ["id"] = id, ["message"] = message };

    /// <summary>V0's error for one client, or for the room.</summary>
    public static JObject Error(string message) => new() { ["error"] = true, ["message"] = message };

    /// <summary>The reason's status update where there is one, then the synthetic <c>stopped</c> state.</summary>
    public static IEnumerable<JObject> Closing(SessionCloseReason reason)
    {
        if (reason is SessionCloseReason.TooManyConversations)
        {
            yield return StatusUpdate(
                "error",
                TooManyConversations,
                "Too many conversations at once. If you are still using this one, try reactivating it by prompting the agent to continue");
        }

        yield return new JObject
        {
            ["message"] = "",
            ["observation"] = "agent_state_changed",
            ["content"] = "",
            ["extras"] = new JObject { ["agent_state"] = "stopped", ["reason"] = "" },
        };
    }
}
