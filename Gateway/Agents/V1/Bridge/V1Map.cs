using Gateway.Agents.V1.Upstream;
using Gateway.Conversations.Storage;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// Which V0 ids the V1 events of a conversation got, kept in a journal beside its log (<see cref="V1MapLine"/>). The journal is read once,
/// by <see cref="LoadAsync"/>; it is written anew when most of it does not count any more, so that its length goes with the log's. Commits
/// come after the appends: what a crash loses is found again in the V0 log past the committed head. So the journal, of whatever age, only
/// spares that work. Owned by one bridge, used by its loop.
/// </summary>
internal sealed class V1Map(IJournal journal)
{
    public const string JournalName = "v1_map.jsonl";

    // Below this the journal is not worth writing anew.
    private const int MinCompactedSize = 256 * 1_024;

    // Characters of a line that counts, generously: a UUID and two numbers.
    private const int LineSize = 96;

    private readonly List<V1MapLine> _uncommitted = [];

    // The same lines by their events.
    private readonly Dictionary<string, V1MapLine> _lines = new(StringComparer.Ordinal);
    private V1MapContent _content = new();
    private string _timestamp = "";
    private bool _isRestarted;
    private bool _isRewriteDue;
    private long _size;

    public int Count => _content.Count;

    /// <summary>The last event that has an id.</summary>
    public LoggedEvent? LastEvent => Before(0);

    public string? LastTimestamp => _timestamp.Length > 0 ? _timestamp : null;

    /// <summary>The highest V0 id when the last commit was made; -1 before the first.</summary>
    public int CommittedHead { get; private set; } = -1;

    /// <summary>
    /// The first V0 id that may be of a V1 event that no commit knows: past the committed head, or earlier when the process that made the
    /// last commit had itself not recognised all that an earlier one left.
    /// </summary>
    public int RecogniseFrom { get; private set; }

    /// <summary>Events, and V0 ids of earlier ones, that no commit has yet.</summary>
    public int UncommittedCount => _uncommitted.Count;

    /// <summary>Whether the event is taken already, from this log of the server's or from an earlier one.</summary>
    public bool Contains(string id) => _content.Contains(id);

    /// <summary>The event so many before the last, or the next one before it that has an id; null: there is none.</summary>
    public LoggedEvent? Before(int count) => _content.LastUpTo(_content.Count - 1 - count);

    /// <summary>The V0 ids of a V1 event, of whatever age; nothing for one that has none.</summary>
    public IReadOnlyList<int> V0IdsOf(string id) => _content.V0IdsOf(id);

    /// <summary>
    /// Reads the journal. Gives the last snapshot that the V0 log bears out; null when there is none. Called once, first.
    /// </summary>
    public async ValueTask<JObject?> LoadAsync(int logHead, CancellationToken cancellationToken)
    {
        var reader = new V1MapReader(logHead);
        await foreach (var line in journal.ReadAsync(cancellationToken))
        {
            reader.Add(line);
        }

        _content = reader.Content;
        _timestamp = reader.Timestamp;
        _isRewriteDue = reader.HasWaste;
        _size = reader.Size;
        CommittedHead = reader.Head;
        RecogniseFrom = reader.RecogniseFrom;
        return reader.Snapshot;
    }

    /// <summary>A V1 event is translated; what it is shown as is appended before the next commit.</summary>
    public void Add(string id, string timestamp)
    {
        var line = new V1MapLine { Sequence = Count, Id = id, IsRestart = _isRestarted, Timestamp = timestamp };
        _isRestarted = false;
        _timestamp = timestamp.Length > 0 ? timestamp : _timestamp;
        _content.Add(id);
        Add(line);
    }

    /// <summary>An event of the V0 log is what this V1 event, the last one or an earlier one, is shown as.</summary>
    public void Relate(string id, int v0Id)
    {
        if (id.Length == 0)
        {
            return;
        }

        if (!_lines.TryGetValue(id, out var line))
        {
            line = new V1MapLine { Sequence = Count, Id = id, IsAddition = true };
            Add(line);
        }

        line.V0Ids.Add(v0Id);
        _content.Relate(id, v0Id);
    }

    /// <summary>Makes what was added since the last commit last. Rewrites the journal when much of it does not count any more.</summary>
    /// <param name="unrecognised">The lowest V0 id that an earlier process left, and that no V1 event has turned out to be yet.</param>
    public async ValueTask CommitAsync(JObject snapshot, int head, int? unrecognised, CancellationToken cancellationToken)
    {
        var state = snapshot.ToString(Formatting.None);
        var from = unrecognised ?? head + 1;
        _uncommitted[^1].End(head, from, state);
        if (Count > 0 && (_isRewriteDue || _size > Math.Max(MinCompactedSize, 2L * LineSize * Count)))
        {
            var lines = _content.Lines(_timestamp, line => line.End(head, from, state)).Select(static line => line.Write()).ToList();
            await journal.ReplaceAsync(lines, cancellationToken);
            _isRewriteDue = false;
            _size = SizeOf(lines);
        }
        else
        {
            var lines = _uncommitted.ConvertAll(static line => line.Write());
            await journal.AppendAsync(lines, cancellationToken);
            _size += SizeOf(lines);
        }

        _uncommitted.Clear();
        _lines.Clear();
        CommittedHead = head;
        RecogniseFrom = from;
    }

    /// <summary>The server counts from zero again; what was taken stays taken. Called when everything is committed.</summary>
    public void Restart()
    {
        _content.Restart();
        _timestamp = "";
        _isRestarted = true;
    }

    /// <summary>The server's log is read to its end: of an earlier log nothing can come any more.</summary>
    public void EndRestart()
    {
        _isRewriteDue |= _content.HasEarlier;
        _content.EndRestart();
    }

    private static long SizeOf(List<string> lines) => lines.Sum(static line => line.Length + 1L);

    private void Add(V1MapLine line)
    {
        _uncommitted.Add(line);
        _lines[line.Id] = line;
    }
}
