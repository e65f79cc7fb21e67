using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Wire;

/// <summary>
/// Which recorded id a target's id stands for. They are the same, until the target keeps an action that the recorded server dropped:
/// from there on its ids are ahead by one. Learns from the target's events; not thread-safe.
/// </summary>
internal sealed class EventIdMap(RecordedLog log, IReadOnlyList<JObject> droppedActions)
{
    private readonly SortedSet<int> _kept = [];

    /// <summary>The target's ids of actions that the recorded server dropped.</summary>
    public bool IsKept(int targetId) => _kept.Contains(targetId);

    public void Learn(V0Event seen)
    {
        if (droppedActions.Count == 0 || seen.Source != "user" || _kept.Contains(seen.Id) || seen.Id <= log.HeadBefore)
        {
            return;
        }

        var recorded = log.Find(ToRecorded(seen.Id));
        if (recorded is not null && recorded.Source == "user" && IsAnswerTo(recorded.Json, seen.Json))
        {
            return;
        }

        if (droppedActions.Any(dropped => IsAnswerTo(seen.Json, dropped)))
        {
            _kept.Add(seen.Id);
        }
    }

    public int ToRecorded(int targetId) => targetId - _kept.Count(kept => kept < targetId);

    public int ToTarget(int recordedId)
    {
        var id = recordedId;
        foreach (var kept in _kept)
        {
            id += kept <= id ? 1 : 0;
        }

        return id;
    }

    /// <summary>A stored event is what became of a client's action: the same action, and no argument that both have differs.</summary>
    public static bool IsAnswerTo(JObject stored, JObject sent)
    {
        var kind = sent["action"] is not null ? "action" : "observation";
        if (sent[kind] is not { } name || !JToken.DeepEquals(stored[kind], name))
        {
            return false;
        }

        var (storedArgs, sentArgs) = (stored["args"] as JObject ?? [], sent["args"] as JObject ?? []);
        var shared = sentArgs.Properties().Where(argument => storedArgs.ContainsKey(argument.Name)).ToList();
        var sameArgs = (shared.Count > 0 || storedArgs.Count == 0)
            && shared.TrueForAll(argument => JToken.DeepEquals(storedArgs[argument.Name], argument.Value));
        return sameArgs && (sent["content"] is not { } content || JToken.DeepEquals(stored["content"], content));
    }
}
