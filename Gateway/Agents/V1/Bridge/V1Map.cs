using Gateway.Agents.V1.Upstream;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// Which V0 ids the V1 events of a conversation got, kept in a journal beside its log (<see cref="V1MapContent"/>). Commits come after the
/// appends, so what a crash loses is found again in the V0 log past the committed head. In memory are the newest events, which the server
/// may send again; what is older is asked for seldom, and read from the journal then. Owned by one bridge, used by its loop.
/// </summary>
internal sealed class V1Map(IJournal journal)
{
    public const string JournalName = "v1_map.jsonl";

    /// <summary>
    /// How many of the newest events are known without looking. The server sends a few of its last again, and reads begin a few before the
    /// end; a condensation names what its agent still had in view. Older ones are found in the journal.
    /// </summary>
    public const int MaxRecent = 1_024;

    // Below this the journal is not worth writing anew.
    private const int MinCompactedSize = 256 * 1_024;

    // The ids of the last events by their numbers, from _firstRecent on; empty for one without.
    private readonly List<string> _recent = [];

    // The same ids, with their V0 ids; null where only the journal knows.
    private readonly Dictionary<string, int[]?> _known = new(StringComparer.Ordinal);
    private readonly List<JObject> _uncommitted = [];

    // V0 ids that no line has yet, by their V1 events.
    private readonly JObject _unwritten = [];
    private int _firstRecent;

    // The last event before the recent ones that has an id.
    private LoggedEvent? _lastForgotten;

    // Set from a restart until the server's new log is read to its end: any id of the old one may come again.
    private HashSet<string>? _earlier;
    private bool _isRestarted;
    private bool _isRewriteDue;
    private long _size;
    private long _maxSize = MinCompactedSize;

    public int Count => _firstRecent + _recent.Count;

    /// <summary>The last event that has an id.</summary>
    public LoggedEvent? LastEvent => Before(0);

    public string? LastTimestamp { get; private set; }

    /// <summary>The highest V0 id when the last commit was made; -1 before the first.</summary>
    public int CommittedHead { get; private set; } = -1;

    /// <summary>
    /// The first V0 id that may be of a V1 event that no commit knows: past the committed head, or earlier when the process that made the
    /// last commit had itself not recognised all that an earlier one left.
    /// </summary>
    public int RecogniseFrom { get; private set; }

    public int UncommittedCount => _uncommitted.Count;

    /// <summary>Whether an event that may still come is taken already.</summary>
    public bool Contains(string id) => _known.ContainsKey(id) || _earlier?.Contains(id) == true;

    /// <summary>The event so many before the last, or the next one before it that has an id; null: there is none.</summary>
    public LoggedEvent? Before(int count)
    {
        var last = _recent.Count - 1 - count;
        var index = last < 0 ? -1 : _recent.FindLastIndex(last, static id => id.Length > 0);
        return index < 0 ? _lastForgotten : new LoggedEvent(_recent[index], _firstRecent + index);
    }

    /// <summary>
    /// Reads the journal. Gives the last snapshot that the V0 log bears out; null when there is none. Called once, first.
    /// </summary>
    public async ValueTask<JObject?> LoadAsync(int logHead, CancellationToken cancellationToken)
    {
        var content = await ReadAsync(logHead, cancellationToken);
        CommittedHead = content.Head;
        RecogniseFrom = content.RecogniseFrom;
        LastTimestamp = content.LastTimestamp;
        _earlier = content.Earlier.Count > 0 ? content.Earlier : null;
        _isRewriteDue = content.HasWaste;
        _size = content.Size;
        var first = Math.Max(0, content.Ids.Count - MaxRecent);
        for (var i = first - 1; i >= 0 && _lastForgotten is null; i--)
        {
            _lastForgotten = content.Ids[i].Length > 0 ? new LoggedEvent(content.Ids[i], i) : null;
        }

        _firstRecent = first;
        foreach (var id in content.Ids.Skip(first))
        {
            Take(id, content.V0IdsOf(id));
        }

        return content.Snapshot;
    }

    /// <summary>An event of the V0 log is what this V1 event is shown as.</summary>
    public void Relate(string id, int v0Id)
    {
        if (id.Length == 0)
        {
            return;
        }

        if (_unwritten[id] is not JArray ids)
        {
            _unwritten[id] = ids = [];
        }

        ids.Add(v0Id);
        if (_known.GetValueOrDefault(id) is { } known)
        {
            _known[id] = [.. known, v0Id];
        }
    }

    /// <summary>A V1 event is translated, and what it is shown as is appended.</summary>
    public void Add(string id, string timestamp)
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
            LastTimestamp = timestamp;
        }

        var isEarlier = _earlier?.Contains(id) == true;
        Take(id, isEarlier ? null : [.. (_unwritten[id] as JArray ?? []).Values<int>()]);
        _uncommitted.Add(line);
        WriteIds(line);
    }

    /// <summary>Makes what was added since the last commit last. Rewrites the journal when much of it does not count any more.</summary>
    /// <param name="unrecognised">The lowest V0 id that an earlier process left, and that no V1 event has turned out to be yet.</param>
    public async ValueTask CommitAsync(JObject snapshot, int head, int? unrecognised, CancellationToken cancellationToken)
    {
        var end = _uncommitted[^1];
        WriteIds(end);
        V1MapContent.End(end, head, unrecognised ?? head + 1, snapshot);
        if (_isRewriteDue || _size > _maxSize)
        {
            await RewriteAsync(cancellationToken);
        }
        else
        {
            var lines = Lines(_uncommitted);
            await journal.AppendAsync(lines, cancellationToken);
            _size += SizeOf(lines);
        }

        _uncommitted.Clear();
        CommittedHead = head;
        RecogniseFrom = unrecognised ?? head + 1;
    }

    /// <summary>The server counts from zero again; what was taken stays taken. Called when everything is committed.</summary>
    public async ValueTask RestartAsync(CancellationToken cancellationToken)
    {
        var content = await ReadAsync(CommittedHead, cancellationToken);
        _earlier = content.Earlier;
        _earlier.UnionWith(content.Ids.Where(static id => id.Length > 0));
        _recent.Clear();
        _known.Clear();
        _firstRecent = 0;
        _lastForgotten = null;
        LastTimestamp = null;
        _isRestarted = true;
    }

    /// <summary>The server's log is read to its end: of an earlier log nothing can come any more.</summary>
    public void EndRestart()
    {
        _isRewriteDue |= _earlier is not null;
        _earlier = null;
    }

    /// <summary>The V0 ids of V1 events, of whatever age; nothing for one that has none.</summary>
    public async ValueTask<IReadOnlyDictionary<string, int[]>> FindV0IdsAsync(IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, int[]>(StringComparer.Ordinal);
        V1MapContent? content = null;
        foreach (var id in ids)
        {
            if (_known.GetValueOrDefault(id) is { } known)
            {
                found[id] = known;
                continue;
            }

            content ??= await ReadAsync(CommittedHead, cancellationToken);
            found[id] = content.V0IdsOf(id);
        }

        return found;
    }

    private static List<string> Lines(List<JObject> lines) => lines.ConvertAll(static line => line.ToString(Formatting.None));

    private static long SizeOf(List<string> lines) => lines.Sum(static line => line.Length + 1L);

    private async ValueTask RewriteAsync(CancellationToken cancellationToken)
    {
        var content = await ReadAsync(CommittedHead, cancellationToken);
        foreach (var line in _uncommitted)
        {
            // Taken again after a restart: the line that names its V0 ids belongs to the earlier log, and goes with it.
            if (content.V0IdsOf(line.Text("v1")) is { Length: > 0 } v0Ids)
            {
                V1MapContent.Relate(line, line.Text("v1"), v0Ids);
            }
        }

        var lines = content.Compact(keepsEarlier: _earlier is not null).Concat(Lines(_uncommitted)).ToList();
        await journal.ReplaceAsync(lines, cancellationToken);
        _isRewriteDue = false;
        _size = SizeOf(lines);
        _maxSize = Math.Max(MinCompactedSize, 2 * _size);
    }

    private async ValueTask<V1MapContent> ReadAsync(int maxHead, CancellationToken cancellationToken)
    {
        var content = new V1MapContent(maxHead);
        await foreach (var line in journal.ReadAsync(cancellationToken))
        {
            content.Add(line);
        }

        return content;
    }

    private void WriteIds(JObject line)
    {
        foreach (var owner in _unwritten.Properties())
        {
            V1MapContent.Relate(line, owner.Name, owner.Value.Values<int>());
        }

        _unwritten.RemoveAll();
    }

    private void Take(string id, int[]? v0Ids)
    {
        // An id that comes under two numbers is known from the first on.
        _recent.Add(id.Length > 0 && _known.TryAdd(id, v0Ids) ? id : "");
        if (_recent.Count < 2 * MaxRecent)
        {
            return;
        }

        for (var i = 0; i < MaxRecent; i++)
        {
            if (_recent[i].Length > 0)
            {
                _lastForgotten = new LoggedEvent(_recent[i], _firstRecent + i);
                _known.Remove(_recent[i]);
            }
        }

        _recent.RemoveRange(0, MaxRecent);
        _firstRecent += MaxRecent;
    }
}
