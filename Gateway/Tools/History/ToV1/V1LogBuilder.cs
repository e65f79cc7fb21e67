using Gateway.Agents.V1.Translation;
using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History.ToV1;

/// <summary>
/// A V1 log that grows: gives each event its id and time, and remembers which of V0's it stands for. Owned by one translation.
/// </summary>
internal sealed class V1LogBuilder(Guid conversation, string firstTimestamp)
{
    private readonly List<JObject> _events = [];
    private readonly List<IReadOnlyList<int>> _v0Ids = [];
    private readonly Dictionary<int, string[]> _forgettable = [];
    private readonly HashSet<string> _forgotten = new(StringComparer.Ordinal);
    private string _status = V1Status.Idle;

    public LossList Losses { get; } = new();

    /// <summary>V0's time of what comes next; V1's is the same, and has no zone either.</summary>
    public string Timestamp { get; set; } = firstTimestamp;

    public V1History Build() => new(conversation, _events, _v0Ids, Losses);

    /// <param name="kind">V1's kind of event.</param>
    /// <param name="v0Id">The V0 event that it comes from.</param>
    /// <param name="part">Which of the events that come from that one.</param>
    /// <param name="source">V1's word for who says it.</param>
    /// <param name="fields">The kind's own.</param>
    /// <param name="shownIds">The V0 events that the bridge would show for it; without them the one that it comes from.</param>
    /// <returns>The event's id.</returns>
    public string Append(string kind, int v0Id, string part, string source, JObject fields, IReadOnlyList<int>? shownIds = null)
    {
        var id = HistoryIds.OfEvent(conversation, v0Id, part);
        var one = new JObject { ["id"] = id, ["timestamp"] = Timestamp, ["source"] = source };
        foreach (var (name, value) in fields)
        {
            one[name] = value;
        }

        one["kind"] = kind;
        if (WithoutHalfPairs(one) is { } replaced)
        {
            Losses.Add(HistoryLoss.HalfPair, v0Id);
            one = replaced;
        }

        _events.Add(one);
        _v0Ids.Add(shownIds ?? [v0Id]);
        return id;
    }

    /// <summary>The event as UTF-8 can hold it; null where it is that already.</summary>
    private static JObject? WithoutHalfPairs(JObject one)
    {
        var text = one.ToString(Formatting.None);
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return JsonTree.TryReadObject(text, out var replaced) ? replaced : null;
            }

            i++;
        }

        return null;
    }

    /// <summary>A status that is V1's already is not said again.</summary>
    public void AddStatus(string status, int v0Id, string part, IReadOnlyList<int> shownIds)
    {
        if (status != _status)
        {
            _status = status;
            var update = new JObject { ["key"] = "execution_status", ["value"] = status };
            Append("ConversationStateUpdateEvent", v0Id, part, "environment", update, shownIds);
        }
    }

    /// <summary>Who forgets one of these V0 events forgets all of these V1 events: a call and its result stay together.</summary>
    public void MakeForgettable(IEnumerable<int> v0Ids, params string[] ids)
    {
        foreach (var v0Id in v0Ids)
        {
            _forgettable[v0Id] = ids;
        }
    }

    /// <summary>
    /// Forgets what stands for these V0 events: gives the V1 events, and how many of those that an agent still reads stand before them.
    /// </summary>
    public (IReadOnlyCollection<string> Ids, int Offset) Forget(IEnumerable<int> v0Ids)
    {
        var ids = v0Ids.SelectMany(v0Id => _forgettable.GetValueOrDefault(v0Id) ?? []).ToHashSet(StringComparer.Ordinal);
        var offset = _events
            .Where(static one => one.Text("kind") is not ("ConversationStateUpdateEvent" or "Condensation" or "CondensationRequest"))
            .Select(static one => one.Text("id"))
            .TakeWhile(id => !ids.Contains(id))
            .Count(id => !_forgotten.Contains(id));
        _forgotten.UnionWith(ids);
        return (ids, offset);
    }
}
