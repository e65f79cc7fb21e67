using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History.ToV1;

/// <summary>
/// Which of a V0 log's events belong together: calls, the same calls shown again, and results; messages and the microagents that they woke.
/// V1 says each call once and has its result behind it. Read once, whole; then only asked.
/// </summary>
internal sealed class CallIndex
{
    private readonly Dictionary<int, IndexedCall> _calls = [];

    private readonly HashSet<int> _results = [];

    private readonly Dictionary<int, List<JObject>> _knowledge = [];

    public CallIndex(IReadOnlyList<(int V0Id, JObject Event)> events)
    {
        IndexedCall? last = null;
        int? lastMessage = null;
        foreach (var (id, one) in events)
        {
            if (IsCall(one))
            {
                last = Show(id, one, last);
            }
            else if (IsResult(one))
            {
                Answer(id, one, last);
            }
            else if (one.Text("action") == "message" && one.Text("source") == "user")
            {
                lastMessage = id;
                Interrupt(last);
            }
            else if (one.Text("observation") == "recall" && lastMessage is { } message)
            {
                Remember(message, one);
            }
        }
    }

    public static bool IsCall(JObject one) => one.TextOrNull("action") is { } action && !CarriedKinds.IsOther(action);

    public static bool IsResult(JObject one) => one.TextOrNull("observation") is { } observation && !CarriedKinds.IsOther(observation);

    /// <summary>The call that this event is the first to show; null when it shows one again.</summary>
    public IndexedCall? FirstShownBy(int v0Id) => _calls.TryGetValue(v0Id, out var call) && call.V0Id == v0Id ? call : null;

    /// <summary>Whether the event is the result of a call that the log has.</summary>
    public bool IsResultOfACall(int v0Id) => _results.Contains(v0Id);

    /// <summary>The microagents that a message woke: name and text of each.</summary>
    public IReadOnlyList<JObject> KnowledgeOf(int messageId) => _knowledge.GetValueOrDefault(messageId) ?? [];

    /// <summary>The condensation's events as V0 names them: one by one, or from the first through the last.</summary>
    public static IEnumerable<int> ForgottenIds(JObject args) =>
        args.Integer("forgotten_events_start_id") is { } start && args.Integer("forgotten_events_end_id") is { } end && end >= start
            ? Enumerable.Range(start, end - start + 1)
            : (args["forgotten_event_ids"] as JArray ?? [])
                .Select(static id => id.AsNumber())
                .OfType<double>()
                .Select(static id => (int)id);

    private IndexedCall Show(int id, JObject action, IndexedCall? last)
    {
        if (last?.IsShownAgainBy(action) == true)
        {
            last.ShownIds.Add(id);
            last.Answer = action.Object("args").Text("confirmation_state") is "rejected" ? "rejected" : "confirmed";
            _calls[id] = last;
            return last;
        }

        return _calls[id] = new IndexedCall(id, action);
    }

    private void Answer(int id, JObject observation, IndexedCall? last)
    {
        var call = observation.Integer("cause") is { } cause ? _calls.GetValueOrDefault(cause) : null;
        var toolCallId = observation.Object("tool_call_metadata").Text("tool_call_id");
        call ??= toolCallId.Length > 0 && last?.ToolCallId == toolCallId ? last : null;
        if (call is not null)
        {
            call.Results.Add((id, observation));
            _results.Add(id);
        }
    }

    private static void Interrupt(IndexedCall? call)
    {
        if (call is { Results.Count: 0 })
        {
            call.IsInterrupted = true;
        }
    }

    private void Remember(int message, JObject recall)
    {
        var found = recall.Object("extras").Objects("microagent_knowledge").Where(static one => one.Text("name").Length > 0).ToList();
        if (found.Count > 0)
        {
            _knowledge[message] = [.. _knowledge.GetValueOrDefault(message) ?? [], .. found];
        }
    }
}
