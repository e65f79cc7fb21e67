using Gateway.Primitives.Json;
using Gateway.Tools.Har;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Wire;

/// <summary>
/// All that a fixture shows of one conversation's log: the store before and after, and the events on the wire. Filled while a fixture
/// is prepared, read only afterwards.
/// </summary>
internal sealed class RecordedLog
{
    private readonly SortedDictionary<int, JObject> _before;
    private readonly SortedDictionary<int, JObject> _all;
    private readonly HashSet<int> _onlyLive = [];

    private RecordedLog(SortedDictionary<int, JObject> before, SortedDictionary<int, JObject> after)
    {
        _before = before;
        _all = after;
        HeadBefore = before.Count == 0 ? -1 : before.Keys.Max();
        IsComplete = after.Count > 0;
        foreach (var (id, json) in before)
        {
            _all.TryAdd(id, json);
        }
    }

    /// <summary>The store after the session is at hand: an event that is not here never was.</summary>
    public bool IsComplete { get; }

    /// <summary>The highest id before the session began; -1 when the conversation was new.</summary>
    public int HeadBefore { get; }

    /// <summary>Every known event, in id order.</summary>
    public IEnumerable<V0Event> Events => _all.Select(static pair => new V0Event(pair.Key, pair.Value));

    public static RecordedLog Empty { get; } = new([], []);

    public static RecordedLog Read(Fixture fixture, string conversationId) =>
        new(ReadStore(fixture.StorePath, conversationId), ReadStore(fixture.StoreAfterPath, conversationId));

    public V0Event? Find(int id) => _all.TryGetValue(id, out var json) ? new V0Event(id, json) : null;

    /// <summary>The event was there before the session began, so all of it must be as it was, its timestamp too.</summary>
    public bool IsFromBefore(int id) => _before.ContainsKey(id);

    /// <summary>An event on the wire that no store shows.</summary>
    /// <param name="isHistory">What a replay gave was there before, and is the target's history as well.</param>
    public void Add(SeenEvent seen, bool isHistory = false)
    {
        if (isHistory && seen.InReplay)
        {
            _before.TryAdd(seen.Id, seen.Event.Json);
        }

        if (_all.TryAdd(seen.Id, seen.Event.Json) && !seen.InReplay)
        {
            _onlyLive.Add(seen.Id);
        }
    }

    /// <summary>An event for a comparison: as it is stored, or as it was live when no more is known of it.</summary>
    public SeenEvent Seen(V0Event known) => new(-1, !_onlyLive.Contains(known.Id), known);

    private static SortedDictionary<int, JObject> ReadStore(string? root, string conversationId)
    {
        var events = root is null ? [] : RecordedStore.ReadEvents(root, conversationId);
        foreach (var json in events.Values)
        {
            ShowAsSent(json);
        }

        return events;
    }

    // V0 stores `Agent state changed to AgentState.RUNNING` and sends `Agent state changed to running` (PROTOCOL.md, "V0 stored and
    // shown").
    private static void ShowAsSent(JObject stored)
    {
        const string Stored = "Agent state changed to AgentState.";
        if (stored["message"] is JValue { Value: string message }
            && message.StartsWith(Stored, StringComparison.Ordinal)
            && stored["args"].Member("agent_state") is JValue { Value: string state })
        {
            stored["message"] = "Agent state changed to " + state;
        }
    }
}
