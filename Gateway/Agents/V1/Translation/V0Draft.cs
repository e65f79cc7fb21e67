using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// Builds V0 events in V0's order of keys (PROTOCOL.md, "V0 event envelope"), without what the conversation gives them on appending: id,
/// source, message. Pure.
/// </summary>
internal static class V0Draft
{
    public static JObject Action(string timestamp, string name, JObject args, JObject? llmMetrics = null, JToken? timeout = null)
    {
        var draft = Envelope(timestamp);
        draft["action"] = name;
        if (llmMetrics is not null)
        {
            draft["llm_metrics"] = llmMetrics.DeepClone();
        }

        draft["args"] = args;
        if (timeout.AsNumber() is { } seconds)
        {
            draft["timeout"] = seconds;
        }

        return draft;
    }

    public static JObject Observation(string timestamp, string name, string content, JObject? extras = null, bool? success = null)
    {
        var draft = Envelope(timestamp);
        draft["observation"] = name;
        draft["content"] = content;
        draft["extras"] = extras ?? [];
        if (success is not null)
        {
            draft["success"] = success;
        }

        return draft;
    }

    public static JObject State(string timestamp, string state, string reason = "") =>
        Observation(timestamp, "agent_state_changed", "", new JObject { ["agent_state"] = state, ["reason"] = reason });

    public static JObject Error(string timestamp, string content, string errorId = "") =>
        Observation(timestamp, "error", content, new JObject { ["error_id"] = errorId });

    /// <summary>A status update: no id, not stored, for those in the room now.</summary>
    public static JObject Status(string type, string id, string message) =>
        new() { ["status_update"] = true, ["type"] = type, ["id"] = id, ["message"] = message };

    public static JObject ErrorTransientMessage(string message) => new() { ["error"] = true, ["message"] = message };

    private static JObject Envelope(string timestamp)
    {
        var draft = new JObject();
        // Absent, the conversation sets its own: better than an empty time.
        if (timestamp.Length > 0)
        {
            draft["timestamp"] = timestamp;
        }

        return draft;
    }
}
