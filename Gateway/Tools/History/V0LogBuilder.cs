using Gateway.Agents.V1.Translation;
using Gateway.Conversations.Events;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History;

/// <summary>
/// A V1 log as the V0 log that the bridge would have made of it, by the bridge's own translation. Takes the events in their order; owned by
/// one reading.
/// </summary>
internal sealed class V0LogBuilder
{
    // Every event has V1's time; only what the end releases may have none.
    private readonly EventWriter _writer;
    private readonly EventTranslator _translator = new(new TranslationContext());
    private readonly List<(int Id, ReadOnlyMemory<byte> Json)> _events = [];
    private readonly Dictionary<string, List<int>> _v0Ids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _notShown = new(StringComparer.Ordinal);

    public V0LogBuilder(TimeProvider timeProvider) => _writer = new EventWriter(timeProvider);

    /// <summary>What is made so far, by V0's ids, from 0 on.</summary>
    public IReadOnlyList<(int Id, ReadOnlyMemory<byte> Json)> Events => _events;

    /// <summary>V1 events so far.</summary>
    public int Taken { get; private set; }

    /// <summary>V1's kinds of which V0 shows nothing, with the table's words for it (null where it has none), and how often.</summary>
    public IEnumerable<(string Kind, string? Why, int Count)> NotShown =>
        _notShown.Select(static one => (one.Key, KindTable.FindEvent(one.Key)?.ShownAs, one.Value));

    public void Add(JObject v1Event)
    {
        Taken++;
        var kind = v1Event.Text("kind");
        if (KindTable.FindEvent(kind)?.Translate is null)
        {
            _notShown[kind] = _notShown.GetValueOrDefault(kind) + 1;
        }

        foreach (var id in MessageTranslator.ForgottenIds(v1Event))
        {
            _translator.Context.V0Ids.TryAdd(id, [.. _v0Ids.GetValueOrDefault(id) ?? []]);
        }

        Append(v1Event.Text("id"), _translator.Translate(v1Event));
        _translator.Context.V0Ids.Clear();
    }

    /// <summary>Nothing follows: what was held is shown.</summary>
    public void End() => Append("", _translator.Release());

    private void Append(string v1Id, IReadOnlyList<TranslationOutput> outputs)
    {
        foreach (var output in outputs.Where(static output => !output.IsTransientMessage))
        {
            var id = _events.Count;
            var stored = _writer.Write(id, output.Source, output.Resolve());
            output.Appended(id);
            _events.Add((id, stored.Json));
            var owner = output.Announces?.V1Id ?? v1Id;
            if (!_v0Ids.TryGetValue(owner, out var ids))
            {
                _v0Ids[owner] = ids = [];
            }

            ids.Add(id);
        }
    }
}
