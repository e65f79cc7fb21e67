using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Drift;

/// <summary>
/// What the model says in one conversation, turn by turn, in OpenAI's form: taken from a recorded V1 log, or one failure for every
/// question. Immutable.
/// </summary>
/// <param name="Turns">Messages of the assistant; the turn is known by how many of them a question already holds.</param>
/// <param name="Failure">An HTTP status instead of all answers.</param>
internal sealed record ModelScript(IReadOnlyList<JObject> Turns, int? Failure = null)
{
    /// <summary>The folder in which recorded agents work.</summary>
    private const string RecordedFolder = "/workspace/project";

    public static ModelScript Failing(int status) => new([], status);

    /// <param name="recording">As <c>v1/hello</c>.</param>
    /// <param name="folder">Takes the place of the folder in which the recorded agent worked.</param>
    public static ModelScript OfRecording(string recording, string folder) => new(
    [
        .. V1Recording.Load(recording).Log
            .Where(static e => e.Text("source") == "agent" && e.TextOrNull("llm_response_id") is not null)
            .GroupBy(static e => e.Text("llm_response_id"))
            .Select(group => Turn([.. group], folder)),
    ]);

    private static JObject Turn(IReadOnlyList<JObject> events, string folder)
    {
        var first = events[0];
        var said = first.Text("kind") == "MessageEvent" ? first.Object("llm_message").Objects("content") : first.Objects("thought");
        var text = string.Concat(said.Select(static part => part.Text("text")));
        var calls = events.Select(static e => e.Object("tool_call")).OfType<JObject>().ToList();
        var turn = new JObject { ["role"] = "assistant", ["content"] = text.Length > 0 || calls.Count == 0 ? text : null };
        if (calls.Count > 0)
        {
            turn["tool_calls"] = new JArray(calls.Select(call => new JObject
            {
                ["id"] = call.Text("id"),
                ["type"] = "function",
                ["function"] = new JObject
                {
                    ["name"] = call.Text("name"),
                    ["arguments"] = call.Text("arguments").Replace(RecordedFolder, folder, StringComparison.Ordinal),
                },
            }));
        }

        return turn;
    }
}
