using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// Events of which nobody knows whether they are stored: their append has run past the store's time limit. Once the log has grown over
/// their ids it tells which of them are in it. There is one such append of a conversation at most, because the store begins no other one
/// before it has ended. Used by the session's loop alone.
/// </summary>
/// <param name="log">Where they are, or not.</param>
internal sealed class UnansweredAppend(IEventLog log)
{
    private ArraySegment<StoredEvent> _events = [];
    private ArraySegment<JObject> _jsons = [];
    private bool _byClients;

    // Those that are stored after all and that their sender may bring again: of the last such append.
    private readonly Dictionary<string, int> _foundSources = new(StringComparer.Ordinal);

    /// <summary>Whether a log with this head tells of any of them.</summary>
    public bool MayBeIn(int head) => _events.Count > 0 && _events[0].Id <= head;

    /// <summary>The store did not say what has become of these.</summary>
    /// <param name="jsons">The same events, as they were before they were written.</param>
    public void Begin(StoredEvent[] events, JObject[] jsons, bool byClients)
    {
        (_events, _jsons, _byClients) = (events, jsons, byClients);
        _foundSources.Clear();
    }

    /// <summary>Another append has been done: what is not found by now is not stored and never will be.</summary>
    public void End() => (_events, _jsons) = ([], []);

    /// <summary>
    /// Those that a log with this head has, in order, each once. Throws what reading throws; then it can be asked again.
    /// </summary>
    public async ValueTask<IReadOnlyList<Found>> FindAsync(int head)
    {
        var found = new List<Found>();
        var areOurs = true;
        while (areOurs && found.Count < _events.Count && _events[found.Count].Id <= head)
        {
            var start = found.Count;
            using var page = await log.ReadAsync(_events[start].Id, Math.Min(head, _events[^1].Id), CancellationToken.None);
            found.AddRange(_events.Skip(start).Zip(page.Events)
                .TakeWhile(static pair => AreSame(pair.First, pair.Second))
                .Select((pair, i) => new Found(pair.First, _jsons[start + i], _byClients)));
            areOurs = found.Count > start && found.Count - start == page.Events.Count;
        }

        var isOver = found.Count == _events.Count || _events[found.Count].Id <= head;
        (_events, _jsons) = isOver ? ([], []) : (_events[found.Count..], _jsons[found.Count..]);
        foreach (var stored in found.Select(static found => found.Stored))
        {
            if (stored.SourceId is { } sourceId)
            {
                _foundSources[sourceId] = stored.Id;
            }
        }

        return found;
    }

    /// <summary>Whether the event with this source id was found, and its id. It is told once.</summary>
    public bool TryTakeFound(string? sourceId, out int id)
    {
        id = -1;
        return sourceId is not null && _foundSources.Remove(sourceId, out id);
    }

    private static bool AreSame(in StoredEvent ours, in StoredEvent stored) =>
        ours.Id == stored.Id && ours.Json.Span.SequenceEqual(stored.Json.Span);

    /// <summary>An event that is stored after all.</summary>
    internal readonly record struct Found(StoredEvent Stored, JObject Json, bool IsOfClient);
}
