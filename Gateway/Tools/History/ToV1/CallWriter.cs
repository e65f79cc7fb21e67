using System.Globalization;

using Gateway.Agents.V1.Translation;
using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History.ToV1;

/// <summary>
/// Writes V0's calls into a V1 log: each once, its result right behind it, and none without one, because V1 runs what is open when it goes
/// on. Owned by one translation.
/// </summary>
internal sealed class CallWriter(V1LogBuilder log)
{
    // The name of a call that nobody knows.
    private const string UnknownTool = "unknown_tool";

    private const string NoResult = "This call has no result: it was open when the conversation was carried over to this server.";

    // V1's names of calls are used once in a log; V0's nearly always are.
    private readonly HashSet<string> _toolCallIds = new(StringComparer.Ordinal);
    private string? _lastResponse;

    /// <summary>A name for what V1 wants named and V0 has no name of.</summary>
    public static string Name(string what, int v0Id) => string.Create(CultureInfo.InvariantCulture, $"v0-{what}-{v0Id}");

    /// <summary>Something else was said: the next call begins an answer of the model's.</summary>
    public void EndBatch() => _lastResponse = null;

    public void Add(IndexedCall indexed)
    {
        var call = CarriedKinds.Translate(new V0Call(indexed.First));
        if (indexed.First.Text("source") == "user")
        {
            log.Losses.Add(HistoryLoss.UserCall, indexed.V0Id);
        }

        if (indexed is { IsInterrupted: true, Results.Count: > 0 })
        {
            log.Losses.Add(HistoryLoss.MovedResult, indexed.V0Id);
        }

        var (actionId, toolCallId) = AppendCall(call, indexed.First, indexed.V0Id, indexed.ShownIds);
        if (indexed.AwaitsConfirmation)
        {
            // In V1's order: the call, then that it waits.
            log.AddStatus(V1Status.WaitingForConfirmation, indexed.V0Id, "waiting", []);
            log.AddStatus(indexed.Answer == "confirmed" ? V1Status.Running : V1Status.Idle, indexed.V0Id, "answered", []);
        }

        var resultId = AppendResult(call, indexed, actionId, toolCallId);
        log.MakeForgettable(
            indexed.Result is var (ownId, _) ? indexed.ShownIds.Append(ownId) : indexed.ShownIds, actionId, resultId);
        foreach (var (v0Id, surplus) in indexed.Results.Where(result => result.V0Id != indexed.Result?.V0Id))
        {
            log.Losses.Add(HistoryLoss.SecondResult, v0Id);
            AppendLoose(v0Id, surplus);
        }
    }

    /// <summary>The result of a call that the log does not have: V1 takes none without, so one is made of what the result says.</summary>
    public void AddLoose(int v0Id, JObject observation)
    {
        log.Losses.Add(IsError(observation) ? HistoryLoss.LooseError : HistoryLoss.LooseResult, v0Id);
        AppendLoose(v0Id, observation);
    }

    private static bool IsError(JObject observation) => observation.Text("observation") is "error" or "user_rejected";

    private void AppendLoose(int v0Id, JObject observation)
    {
        var (call, draft) = IsError(observation)
            ? (new V1Call(observation.Object("tool_call_metadata").TextOrNull("function_name") ?? UnknownTool, []),
                ResultTranslator.Error(new V0Result(observation, default)))
            : CallOf(observation);
        var (actionId, toolCallId) = AppendCall(call, [], v0Id, []);
        log.MakeForgettable([v0Id], actionId, AppendResult(draft, v0Id, call, actionId, toolCallId, [v0Id]));
    }

    private static (V1Call Call, ObservationDraft Draft) CallOf(JObject observation)
    {
        var name = observation.Text("observation");
        var call = CarriedKinds.Translate(new V0Call(new JObject
        {
            ["action"] = name == "mcp" ? "call_tool_mcp" : name,
            ["args"] = name is "mcp" or "run" or "read" ? observation.Copy("extras") : new JObject(),
        }));
        return (call, CarriedKinds.Translate(new V0Result(observation, call)));
    }

    private (string ActionId, string ToolCallId) AppendCall(V1Call call, JObject action, int v0Id, IReadOnlyList<int> shownIds)
    {
        if (call.Loss is { } loss)
        {
            log.Losses.Add(loss, v0Id);
        }

        var toolCallId = ToolCallIdOf(action, v0Id);
        var thought = call.HasThought ? "" : action.Object("args").Text("thought");
        var fields = new JObject { ["thought"] = V1Content.TextOrNothing(thought), ["thinking_blocks"] = new JArray() };
        if (call.Action.Count > 0)
        {
            fields["action"] = call.Action;
        }

        fields.Merge(new JObject
        {
            ["tool_name"] = call.Tool,
            ["tool_call_id"] = toolCallId,
            ["tool_call"] = new JObject
            {
                ["id"] = toolCallId,
                ["name"] = call.Tool,
                ["arguments"] = ArgumentsOf(call).ToString(Formatting.None),
                ["origin"] = "completion",
            },
            ["llm_response_id"] = ResponseOf(action, v0Id, thought),
            ["security_risk"] = RiskOf(action),
        });
        return (log.Append("ActionEvent", v0Id, "call", "agent", fields, shownIds), toolCallId);
    }

    private string AppendResult(V1Call call, IndexedCall indexed, string actionId, string toolCallId)
    {
        if (indexed.Result is var (resultId, result))
        {
            var before = log.Timestamp;
            log.Timestamp = result.Text("timestamp") is { Length: > 0 } time ? time : before;
            var id = AppendResult(
                CarriedKinds.Translate(new V0Result(result, call)), resultId, call, actionId, toolCallId, [resultId]);
            log.Timestamp = before;
            return id;
        }

        if (call.Tool == "finish")
        {
            return AppendResult(ResultTranslator.Finished(call), indexed.V0Id, call, actionId, toolCallId, []);
        }

        log.Losses.Add(HistoryLoss.NoResult, indexed.V0Id);
        var error = new ObservationDraft(ObservationDraft.Error, new JObject { ["error"] = NoResult });
        return AppendResult(error, indexed.V0Id, call, actionId, toolCallId, []);
    }

    private string AppendResult(
        ObservationDraft draft, int v0Id, V1Call call, string actionId, string toolCallId, IReadOnlyList<int> shownIds)
    {
        var fields = new JObject { ["tool_name"] = call.Tool, ["tool_call_id"] = toolCallId };
        foreach (var (name, value) in draft.Fields)
        {
            fields[name] = value;
        }

        var isError = draft.EventKind == ObservationDraft.Error;
        if (!isError)
        {
            fields["action_id"] = actionId;
        }

        return log.Append(draft.EventKind, v0Id, "result", isError ? "agent" : "environment", fields, shownIds);
    }

    private string ToolCallIdOf(JObject action, int v0Id)
    {
        var id = action.Object("tool_call_metadata").TextOrNull("tool_call_id") is { Length: > 0 } given ? given : Name("call", v0Id);
        if (!_toolCallIds.Add(id))
        {
            id = string.Create(CultureInfo.InvariantCulture, $"{id}-{v0Id}");
            _toolCallIds.Add(id);
        }

        return id;
    }

    /// <summary>V1 has one thought for an answer of the model's, at its first call: one with another begins another answer.</summary>
    private string ResponseOf(JObject action, int v0Id, string thought)
    {
        var given = action.Object("tool_call_metadata").Object("model_response").TextOrNull("id");
        var id = given is { Length: > 0 } ? given : Name("response", v0Id);
        id = id == _lastResponse && thought.Length > 0 ? string.Create(CultureInfo.InvariantCulture, $"{id}-{v0Id}") : id;
        return _lastResponse = id;
    }

    private static JObject ArgumentsOf(V1Call call)
    {
        if (call.Action["data"] is JObject data)
        {
            return data;
        }

        var arguments = (JObject)call.Action.DeepClone();
        arguments.Remove("kind");
        return arguments;
    }

    private static string RiskOf(JObject action) => action.Object("args").Integer("security_risk") switch
    {
        0 => "LOW",
        1 => "MEDIUM",
        2 => "HIGH",
        _ => "UNKNOWN",
    };
}
