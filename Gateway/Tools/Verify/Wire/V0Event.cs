using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Wire;

/// <summary>
/// A numbered V0 event as a client sees it, with what V0's rules for replay and live delivery ask of it (PROTOCOL.md, "V0 replay" and "V0
/// live delivery"). Immutable.
/// </summary>
internal sealed record V0Event(int Id, JObject Json)
{
    public string? Action => Text("action");

    public string? Observation => Text("observation");

    public string? Source => Text("source");

    public bool IsAgentState => Action is null && Observation == "agent_state_changed";

    public bool IsRecallAction => Action == "recall";

    public bool IsNull => Action == "null" || (Action is null && Observation == "null");

    /// <summary>A replay leaves it out, unless it is the newest agent state.</summary>
    public bool MayBeLeftOutOfReplay => IsAgentState || IsRecallAction || IsNull;

    /// <summary>Never sent live: an environment's event other than the four kinds that V0 shows.</summary>
    public bool IsNeverLive =>
        Source == "environment" && (Action is not null || Observation is not ("run" or "agent_state_changed" or "recall" or "error"));

    /// <summary>How a report names it.</summary>
    public string Label => $"event {Id} ({Action ?? Observation ?? "?"})";

    /// <summary>Null when the JSON is no numbered event: a status update's id is a string, an error has none.</summary>
    public static V0Event? From(JToken? json) =>
        json is JObject shape && shape["id"] is JValue { Type: JTokenType.Integer, Value: long and >= 0 and <= int.MaxValue } id
            ? new V0Event((int)id, shape)
            : null;

    private string? Text(string name) => Json[name] is JValue { Type: JTokenType.String } value ? (string?)value : null;
}
