using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// What the journal of a <see cref="V1Map"/> says. A line for each V1 event (<c>seq</c>, <c>v1</c>, its time, the V0 ids that it brought);
/// a line with <c>head</c>, <c>from</c> and <c>state</c> ends a commit, and lines without such an end do not count. A line that cannot be
/// read harms the one event that it was for: its number is known from its neighbours. Built line by line and thrown away, by one thread.
/// Pure.
/// </summary>
/// <param name="maxHead">Commits that know of V0 events past this id do not count: a power cut took those events, and they come again from
/// V1.</param>
internal sealed class V1MapContent(int maxHead)
{
    // A number that is further ahead than this is damage, and not a hole.
    private const int MaxHole = 100_000;

    private readonly List<string> _ids = [];
    private readonly Dictionary<string, int[]> _v0Ids = new(StringComparer.Ordinal);
    private readonly List<JObject> _batch = [];
    private JObject? _snapshot;
    private string _timestamp = "";

    /// <summary>V1's ids by their number; empty for an event without one, and for a line that was lost.</summary>
    public IReadOnlyList<string> Ids => _ids;

    /// <summary>What was taken from an earlier log of the same conversation, before the server counted from zero again.</summary>
    public HashSet<string> Earlier { get; } = new(StringComparer.Ordinal);

    /// <summary>The last commit's snapshot; null when there is none.</summary>
    public JObject? Snapshot => _snapshot;

    /// <summary>The highest V0 id at the last commit.</summary>
    public int Head { get; private set; } = -1;

    /// <summary>As <see cref="V1Map.RecogniseFrom"/>.</summary>
    public int RecogniseFrom { get; private set; }

    public string? LastTimestamp => _timestamp.Length > 0 ? _timestamp : null;

    /// <summary>Characters of all lines.</summary>
    public long Size { get; private set; }

    /// <summary>There are lines that do not count, so that the journal should be written anew.</summary>
    public bool HasWaste { get; private set; }

    /// <summary>Writes into a line that a V1 event, its own or an earlier one, is shown as these V0 events too.</summary>
    public static void Relate(JObject line, string id, IEnumerable<int> v0Ids)
    {
        if (line.Object("ids") is not { } ids)
        {
            line["ids"] = ids = [];
        }

        ids[id] = new JArray((ids[id] as JArray ?? []).Values<int>().Union(v0Ids));
    }

    /// <summary>Makes a line the last of its commit.</summary>
    public static void End(JObject line, int head, int recogniseFrom, JObject? snapshot)
    {
        line["head"] = head;
        if (recogniseFrom <= head)
        {
            line["from"] = recogniseFrom;
        }

        line["state"] = snapshot;
    }

    public int[] V0IdsOf(string id) => _v0Ids.GetValueOrDefault(id) ?? [];

    public void Add(string text)
    {
        Size += text.Length + 1;
        if (!JsonTree.TryReadObject(text, out var line) || line.Integer("seq") is not { } sequence
            || sequence < 0 || sequence > _ids.Count + _batch.Count + MaxHole)
        {
            HasWaste = true;
            return;
        }

        if (_batch.Count > 0 && (line.Flag("restart") || sequence <= Sequence(_batch[^1])))
        {
            // What stands before was not committed, and was taken once more: by a bridge that failed, or died, in between.
            HasWaste = true;
            _batch.RemoveAll(earlier => line.Flag("restart") || Sequence(earlier) >= sequence);
        }

        _batch.Add(line);
        if (line.Object("state") is not { } state)
        {
            return;
        }

        if (line.Integer("head") is { } head && head <= maxHead)
        {
            _batch.ForEach(Apply);
            Head = head;
            RecogniseFrom = line.Integer("from") ?? head + 1;
            _snapshot = state;
        }
        else
        {
            HasWaste = true;
        }

        _batch.Clear();
    }

    /// <summary>The same content in as few characters as it takes; nothing when there is no commit.</summary>
    /// <param name="keepsEarlier">The earlier log may still be asked about.</param>
    public IEnumerable<string> Compact(bool keepsEarlier)
    {
        if (_snapshot is null)
        {
            yield break;
        }

        var restarts = keepsEarlier && Earlier.Count > 0;
        if (restarts)
        {
            var sequence = 0;
            foreach (var id in Earlier)
            {
                yield return Line(sequence, id, isEnd: ++sequence == Earlier.Count);
            }
        }

        for (var i = 0; i < _ids.Count; i++)
        {
            yield return Line(i, _ids[i], isEnd: i == _ids.Count - 1, isRestart: restarts && i == 0);
        }
    }

    private static int Sequence(JObject line) => line.Integer("seq") ?? 0;

    private void Apply(JObject line)
    {
        if (line.Flag("restart"))
        {
            Earlier.UnionWith(_ids.Where(static id => id.Length > 0));
            _ids.Clear();
        }

        // A batch that begins before the last one's end was written after a start that took less for sure.
        for (var i = _ids.Count - 1; i >= Sequence(line); i--)
        {
            if (!Earlier.Contains(_ids[i]))
            {
                _v0Ids.Remove(_ids[i]);
            }

            _ids.RemoveAt(i);
        }

        while (_ids.Count < Sequence(line))
        {
            _ids.Add("");
        }

        _ids.Add(line.Text("v1"));
        _timestamp = line.TextOrNull("at") ?? _timestamp;
        foreach (var owner in line.Object("ids")?.Properties() ?? [])
        {
            var more = (owner.Value as JArray ?? []).Where(static id => id.Type == JTokenType.Integer).Select(static id => (int)id);
            _v0Ids[owner.Name] = [.. V0IdsOf(owner.Name).Union(more)];
        }
    }

    private string Line(int sequence, string id, bool isEnd, bool isRestart = false)
    {
        var line = new JObject { ["seq"] = sequence, ["v1"] = id };
        if (isRestart)
        {
            line["restart"] = true;
        }

        if (V0IdsOf(id) is { Length: > 0 } v0Ids)
        {
            Relate(line, id, v0Ids);
        }

        if (isEnd)
        {
            line["at"] = _timestamp;
            End(line, Head, RecogniseFrom, _snapshot);
        }

        return line.ToString(Formatting.None);
    }
}
