using Gateway.Conversations.Events;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.Echo;

/// <summary>One event of a turn.</summary>
/// <param name="AnswersPrevious">Its <c>cause</c> is the event before it.</param>
internal sealed record EchoStep(JObject Draft, EventSource Source, bool AnswersPrevious = false);

/// <summary>
/// What the scripted agent says: V0 events, complete with the fields that V0's clients read (PROTOCOL.md, "V0 actions", "V0 observations"
/// and "What V0 clients need"). Pure.
/// </summary>
internal static class EchoScript
{
    public static JObject AgentState(string state, string reason = "") =>
        Observation("agent_state_changed", "", new JObject { ["agent_state"] = state, ["reason"] = reason });

    public static JObject ChangeAgentState(string state) =>
        Action("change_agent_state", new JObject { ["agent_state"] = state, ["thought"] = "" });

    /// <summary>V0's error for an action that a stop kept from being answered.</summary>
    public static JObject NotExecuted(int cause)
    {
        var draft = Observation(
            "error",
            "Stop button pressed. The action has not been executed.",
            new JObject { ["error_id"] = "AGENT_ERROR$ERROR_ACTION_NOT_EXECUTED_STOPPED" });
        draft["cause"] = cause;
        return draft;
    }

    /// <summary>V0's error without an id, for those in the room.</summary>
    public static JObject Error(string message) => new() { ["error"] = true, ["message"] = message };

    public static JObject System() => Action("system", new JObject
    {
        ["content"] = "A scripted agent: it thinks, runs a made-up command and answers. No model is asked, and nothing is executed.",
        ["tools"] = null,
        ["openhands_version"] = null,
        ["agent_class"] = "Echo",
    });

    /// <summary>A turn: what happens between <c>running</c> and <c>awaiting_user_input</c> for one user message.</summary>
    public static IEnumerable<EchoStep> Turn(string message)
    {
        var command = $"echo {Quote(message)}";
        yield return new(Action("think", new JObject { ["thought"] = $"The user says: {message}" }), EventSource.Agent);
        yield return new(
            Observation("think", "Your thought has been logged.", []), EventSource.Agent, AnswersPrevious: true);
        yield return new(Run(command), EventSource.Agent);
        yield return new(Ran(command, message), EventSource.Agent, AnswersPrevious: true);
        yield return new(
            Action("message", new JObject
            {
                ["content"] = $"You said: {message}",
                ["file_urls"] = null,
                ["image_urls"] = null,
                ["wait_for_response"] = true,
                ["security_risk"] = -1,
            }),
            EventSource.Agent);
    }

    private static JObject Run(string command) => Action("run", new JObject
    {
        ["command"] = command,
        ["is_input"] = false,
        ["thought"] = "Let me say it back.",
        ["blocking"] = false,
        ["is_static"] = false,
        ["cwd"] = null,
        ["hidden"] = false,
        ["confirmation_state"] = "confirmed",
        ["security_risk"] = 0,
    });

    private static JObject Ran(string command, string output)
    {
        var draft = Observation("run", output, new JObject
        {
            ["command"] = command,
            ["metadata"] = new JObject
            {
                ["exit_code"] = 0,
                ["pid"] = -1,
                ["username"] = "echo",
                ["hostname"] = "gateway",
                ["working_dir"] = "/workspace",
                ["py_interpreter_path"] = null,
                ["prefix"] = "",
                ["suffix"] = "\n[The command completed with exit code 0.]",
            },
            ["hidden"] = false,
        });
        draft["success"] = true;
        return draft;
    }

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static JObject Action(string action, JObject args) => new() { ["action"] = action, ["args"] = args };

    private static JObject Observation(string observation, string content, JObject extras) =>
        new() { ["observation"] = observation, ["content"] = content, ["extras"] = extras };
}
