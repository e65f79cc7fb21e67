using System.Security.Cryptography;
using System.Text;

using Gateway.Agents.V1.Translation;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// The V0 events that were stored after the last commit of the map: what a crash left half known. The translation gives them again, and
/// they are recognised instead of appended twice: by the source id that the log has of them, and where it has none by a digest. That is all
/// that is kept, so that a map that is lost costs a long log little memory. Owned by one bridge, used by its loop.
/// </summary>
internal sealed class UncommittedEvents
{
    private static readonly string[] s_compared = ["timestamp", "action", "observation", "args", "content", "extras"];

    private readonly Dictionary<string, int> _sourceIds = new(StringComparer.Ordinal);
    private readonly Dictionary<UInt128, Queue<int>> _ids = [];
    private readonly SortedDictionary<int, string> _states = [];

    /// <summary>
    /// The last agent state that has no source id and that nothing has recognised, and its id: once all of V1's is taken, the gateway's
    /// own.
    /// </summary>
    public (int Id, string State)? LastState => _states.Count > 0 ? (_states.Last().Key, _states.Last().Value) : null;

    /// <summary>The lowest id that nothing has recognised; null when there is none.</summary>
    public int? FirstId => (_sourceIds.Count, _ids.Count) switch
    {
        (0, 0) => null,
        (0, _) => FirstDigested,
        (_, 0) => _sourceIds.Values.Min(),
        _ => Math.Min(_sourceIds.Values.Min(), FirstDigested),
    };

    private int FirstDigested => _ids.Values.Min(static ids => ids.Peek());

    public async ValueTask LoadAsync(IEventLog log, int fromId, CancellationToken cancellationToken)
    {
        var known = await LoadSourceIdsAsync(log, fromId, cancellationToken);
        var next = fromId;
        while (next <= log.Head)
        {
            using var page = await log.ReadAsync(next, log.Head, cancellationToken);
            foreach (var stored in page.Events)
            {
                if (!known.Contains(stored.Id) && V0Events.Parse(stored) is { } json)
                {
                    Add(stored.Id, json);
                }
            }

            next = page.NextId;
        }
    }

    /// <summary>
    /// Reads every source id of the log: it has one that was thought to be new. Then nothing that it has can be appended again.
    /// </summary>
    public async ValueTask ReloadAsync(IEventLog log, CancellationToken cancellationToken)
    {
        await log.RefreshAsync(claimedId: -1, cancellationToken);
        await LoadSourceIdsAsync(log, fromId: 0, cancellationToken);
    }

    /// <summary>The id of the event with this source id, which is not recognised yet; null when there is none.</summary>
    public int? Find(string sourceId) => _sourceIds.TryGetValue(sourceId, out var id) ? id : null;

    /// <summary>The id of a draft that is in the log already. Each stored event is recognised once.</summary>
    public int? Recognise(JObject draft, string? sourceId)
    {
        if (sourceId is not null && _sourceIds.Remove(sourceId, out var known))
        {
            return known;
        }

        // An event without V1's time is the gateway's own, made once and not again.
        if (_ids.Count == 0 || draft["timestamp"] is null)
        {
            return null;
        }

        var digest = Digest(draft);
        if (!_ids.TryGetValue(digest, out var ids))
        {
            return null;
        }

        var id = ids.Dequeue();
        if (ids.Count == 0)
        {
            _ids.Remove(digest);
        }

        _states.Remove(id);
        return id;
    }

    /// <summary>All that V1 has is taken, and committed: nothing of what is here can come again.</summary>
    public void Clear()
    {
        _sourceIds.Clear();
        _ids.Clear();
    }

    private async ValueTask<HashSet<int>> LoadSourceIdsAsync(IEventLog log, int fromId, CancellationToken cancellationToken)
    {
        var known = new HashSet<int>();
        if (log.KeepsSourceIds && fromId <= log.Head)
        {
            foreach (var (id, sourceId) in await log.ReadSourceIdsAsync(fromId, cancellationToken))
            {
                known.Add(id);
                _sourceIds[sourceId] = id;
            }
        }

        return known;
    }

    private void Add(int id, JObject json)
    {
        if (json.Text("observation") == "agent_state_changed")
        {
            _states[id] = json.Object("extras").Text("agent_state");
        }

        var digest = Digest(json);
        if (!_ids.TryGetValue(digest, out var ids))
        {
            _ids.Add(digest, ids = new Queue<int>(1));
        }

        ids.Enqueue(id);
    }

    private static UInt128 Digest(JObject json)
    {
        var compared = new JArray(s_compared.Select(name => Sorted(Kept(json[name])) ?? JValue.CreateUndefined()));
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(compared.ToString(Formatting.None)));
        return BitConverter.ToUInt128(hash);
    }

    /// <summary>What V1 gives again: not a message's <c>file_urls</c>, which the process that died knew.</summary>
    private static JToken? Kept(JToken? value) =>
        value is JObject args && args.ContainsKey("file_urls")
            ? new JObject(args.Properties().Where(static argument => argument.Name != "file_urls"))
            : value;

    /// <summary>The same value with its keys in one order: that of the keys says nothing.</summary>
    private static JToken? Sorted(JToken? value) => value switch
    {
        JObject json => new JObject(json.Properties()
            .OrderBy(static property => property.Name, StringComparer.Ordinal)
            .Select(static property => new JProperty(property.Name, Sorted(property.Value)))),
        JArray array => new JArray(array.Select(Sorted)),
        _ => value?.DeepClone(),
    };
}
