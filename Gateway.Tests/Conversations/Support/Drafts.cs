using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Support;

/// <summary>Events to be stored. Pure.</summary>
internal static class Drafts
{
    public static JObject Message(string content) =>
        new() { ["action"] = "message", ["args"] = new JObject { ["content"] = content } };

    public static JObject Action(string type) => new() { ["action"] = type, ["args"] = new JObject() };

    public static JObject Observation(string type) => new() { ["observation"] = type, ["content"] = "", ["extras"] = new JObject() };

    public static JObject State(string state) => new()
    {
        ["observation"] = "agent_state_changed",
        ["content"] = "",
        ["extras"] = new JObject { ["agent_state"] = state, ["reason"] = "" },
    };

    public static JObject Status(string id) =>
        new() { ["status_update"] = true, ["type"] = "info", ["id"] = id, ["message"] = "" };
}
