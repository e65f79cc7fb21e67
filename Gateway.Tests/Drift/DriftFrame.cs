using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Drift;

/// <summary>
/// What a V0 client sees, as a shape: who, action or observation, its kind, or a state. Ids, times, texts and what is only the gateway's
/// (a user's own state action, status updates) are left out. Pure.
/// </summary>
internal static class DriftFrame
{
    private const string StatePrefix = "state ";

    /// <summary>The shape of an event; null when it has none.</summary>
    public static string? Of(JObject v0Event)
    {
        if (v0Event["error"]?.Type == JTokenType.Boolean)
        {
            return $"refused: {v0Event.Text("message")}";
        }

        if (v0Event["id"]?.Type != JTokenType.Integer)
        {
            return null;
        }

        // A live event of the environment has the agent's name, a replayed one its own.
        var source = v0Event.Text("source") is "environment" ? "agent" : v0Event.Text("source");
        return v0Event.TextOrNull("action") is { } action ? action is "change_agent_state" ? null : $"{source} action {action}"
            : v0Event.Text("observation") is not "agent_state_changed" ? $"{source} observation {v0Event.Text("observation")}"
            : StatePrefix + v0Event.Object("extras")?.Text("agent_state");
    }

    public static bool IsState(string frame) => frame.StartsWith(StatePrefix, StringComparison.Ordinal);

    /// <summary>What V0 clients see of a recorded V1 session, in order.</summary>
    public static IReadOnlyList<string> OfRecording(string name) =>
    [
        .. JArray.Parse(File.ReadAllText(Repository.PathOf("protocol-fixtures", name, "v0-events.json")))
            .OfType<JObject>().Select(Of).OfType<string>(),
    ];
}
