using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Runtime;

/// <summary>What a session itself says without an id (PROTOCOL.md, "V0 messages without an id"). Pure.</summary>
internal static class TransientMessages
{
    public const string TooManyConversations = "AGENT_ERROR$TOO_MANY_CONVERSATIONS";

    /// <summary>V0's status update.</summary>
    /// <param name="type"><c>info</c> or <c>error</c>.</param>
    /// <param name="id">A text, such as <c>STATUS$READY</c>.</param>
    public static JObject StatusUpdate(string type, string id, string message) =>
        new() { ["status_update"] = true, ["type"] = type, ["id"] = id, ["message"] = message };

    /// <summary>V0's word that a conversation has a new title. It has no <c>id</c>.</summary>
    public static JObject TitleUpdate(ConversationId conversationId, string title) => new()
    {
        ["status_update"] = true,
        ["type"] = "info",
        ["message"] = conversationId.Value,
        ["conversation_title"] = title,
    };

    /// <summary>V0's error for one client, or for the room.</summary>
    public static JObject Error(string message) => new() { ["error"] = true, ["message"] = message };

    /// <summary>
    /// What the clients of a session that closes are told before they are disconnected: the reason's status update where there is one, then
    /// the synthetic <c>stopped</c> state. A conversation that was stopped or deleted says nothing, as with V0.
    /// </summary>
    public static IEnumerable<JObject> Closing(SessionCloseReason reason)
    {
        if (reason is SessionCloseReason.Stopped or SessionCloseReason.Deleted)
        {
            yield break;
        }

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
