using Gateway.Agents.V1.Upstream;
using Gateway.Conversations.Storage;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// Which V0 ids the V1 events of a conversation got, beside its log. A line for each V1 event, in V1's order; the last line of a
/// commit has the translation's memory and the head of the V0 log with it, and without such a line a batch does not count. Commits come after the
/// appends, so what a crash loses is found again in the V0 log past the committed head. Owned by one bridge, used by its loop.
/// </summary>
internal sealed class V1Map(ISideFile file)
{
    public const string FileName = "v1_map.jsonl";

    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly List<string> _ids = [];
    private bool _isRestarted;
    private readonly List<JObject> _uncommitted = [];

    public int Count => _ids.Count;

    /// <summary>The last event that has an id.</summary>
    public LoggedEvent? LastEvent { get; private set; }

    public string? LastTimestamp { get; private set; }

    /// <summary>The highest V0 id when the last commit was made; -1 before the first.</summary>
    public int CommittedHead { get; private set; } = -1;

    public bool HasUncommitted => _uncommitted.Count > 0;

    public bool Contains(string id) => _taken.Contains(id);

    /// <summary>The event so many before the last, or the next one before it that has an id; null: there is none.</summary>
    public LoggedEvent? Before(int count)
    {
        var last = Count - 1 - count;
        var index = last < 0 ? -1 : _ids.FindLastIndex(last, static id => id.Length > 0);
        return index < 0 ? null : new LoggedEvent(_ids[index], index);
    }

    /// <summary>The server counts from zero again; what was taken stays taken.</summary>
    public void Restart()
    {
        _ids.Clear();
        LastEvent = null;
        LastTimestamp = null;
        _isRestarted = true;
    }

    /// <summary>Reads the file. Gives the last snapshot that the log bears out; every id with V0 ids goes to <paramref name="onIds"/>.</summary>
    public async ValueTask<JObject?> LoadAsync(int logHead, Action<string, int[]> onIds, CancellationToken cancellationToken)
    {
        JObject? snapshot = null;
        var batch = new List<JObject>();
        foreach (var text in await file.ReadAsync(cancellationToken))
        {
            // A torn line, and the batch it belonged to.
            if (text.Length == 0 || !V1Json.TryParseObject(text, out var line) || line.Integer("seq") is not { } sequence)
            {
                batch.Clear();
                continue;
            }

            if (batch.Count > 0 && batch[0].Integer("seq") + batch.Count != sequence)
            {
                batch.Clear();
            }

            batch.Add(line);
            if (line.Object("state") is not { } state)
            {
                continue;
            }

            // Past the log's head: a power cut took events that this line knows. They come again from V1.
            if (line.Integer("head") is { } head && head <= logHead && batch[0].Integer("seq") <= Count)
            {
                Replace(batch, onIds);
                CommittedHead = head;
                snapshot = state;
            }

            batch.Clear();
        }

        return snapshot;
    }

    /// <summary>A V1 event is translated and appended.</summary>
    /// <param name="ids">The V0 ids given, by the V1 event they belong to.</param>
    public void Add(string id, string timestamp, JObject ids)
    {
        var line = new JObject { ["seq"] = Count, ["v1"] = id };
        if (_isRestarted)
        {
            line["restart"] = true;
            _isRestarted = false;
        }

        if (timestamp.Length > 0)
        {
            line["at"] = timestamp;
        }

        if (ids.Count > 0)
        {
            line["ids"] = ids;
        }

        _uncommitted.Add(line);
        Take(id, timestamp);
    }

    public async ValueTask CommitAsync(JObject snapshot, int head, CancellationToken cancellationToken)
    {
        _uncommitted[^1]["head"] = head;
        _uncommitted[^1]["state"] = snapshot;
        await file.AppendAsync(_uncommitted.ConvertAll(static line => line.ToString(Formatting.None)), cancellationToken);
        _uncommitted.Clear();
        CommittedHead = head;
    }

    private void Replace(List<JObject> batch, Action<string, int[]> onIds)
    {
        if (batch[0].Flag("restart"))
        {
            _ids.Clear();
        }

        // A batch that begins earlier than the last one ended was written after a start that took less for sure.
        for (var i = Count - 1; i >= (batch[0].Integer("seq") ?? 0); i--)
        {
            _taken.Remove(_ids[i]);
            _ids.RemoveAt(i);
        }

        // Read from the start, then: by number nothing comes twice.
        LastEvent = LastEvent?.Sequence < Count ? LastEvent : null;
        foreach (var line in batch)
        {
            Take(line.Text("v1"), line.Text("at"));
            foreach (var owner in line.Object("ids")?.Properties() ?? [])
            {
                onIds(owner.Name, [.. (owner.Value as JArray ?? []).Where(static id => id.Type == JTokenType.Integer).Select(static id => (int)id)]);
            }
        }
    }

    private void Take(string id, string timestamp)
    {
        // Without an id it keeps its number: the next one must not take it.
        _ids.Add(id);
        if (id.Length > 0)
        {
            _taken.Add(id);
            LastEvent = new LoggedEvent(id, Count - 1);
        }

        LastTimestamp = timestamp.Length > 0 ? timestamp : LastTimestamp;
    }
}
