using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Events;

/// <summary>Events about the agent's state, as drafts, and how they are read (PROTOCOL.md, "V0 enumerations"). Pure.</summary>
internal static class AgentStates
{
    public const string Init = "init";
    public const string Loading = "loading";
    public const string AwaitingUserInput = "awaiting_user_input";
    public const string Stopped = "stopped";

    /// <summary>The agent is in this state now.</summary>
    public static JObject Changed(string state) => new()
    {
        ["observation"] = "agent_state_changed",
        ["content"] = "",
        ["extras"] = new JObject { ["agent_state"] = state, ["reason"] = "" },
    };

    /// <summary>The server itself wants the agent to go into this state; V0 stores the message in these words.</summary>
    public static JObject ToChange(string state) => new()
    {
        ["message"] = $"Agent state changed to AgentState.{state.ToUpperInvariant()}",
        ["action"] = "change_agent_state",
        ["args"] = new JObject { ["agent_state"] = state, ["thought"] = "" },
    };

    /// <summary>The state that a stored event tells; null when it tells none.</summary>
    public static string? Of(in StoredEvent stored) =>
        stored.Header.Kind is EventKind.AgentStateChanged && JsonTree.TryReadObject(stored.Json.Span, out var json)
            ? json.Object("extras").TextOrNull("agent_state")
            : null;
}
