using System.Security.Cryptography;
using System.Text;

using Gateway.Agents.V1.Upstream;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// What a <see cref="V1Map"/> knows, in memory: the V1 events by their numbers, and the V0 ids that each got. About 60 bytes for an event
/// whose id is a UUID; the text of any other id is kept beside it. Owned by one map. Pure.
/// </summary>
internal sealed class V1MapContent
{
    private const int NoV0Id = -1;

    // By number; the empty one for an event without an id, or whose line was lost.
    private readonly List<Guid> _ids = [];

    // Of all that is taken: the V0 id, NoV0Id, or below it the place in _several, counted down from -2.
    private readonly Dictionary<Guid, int> _v0Ids = [];
    private readonly List<int[]> _several = [];

    // Ids that are no UUIDs, by their digest.
    private readonly Dictionary<Guid, string> _texts = [];

    // Set from a restart until the server's new log is read to its end: any id of the old one may come again.
    private HashSet<Guid>? _earlier;

    // Those of them that have come again.
    private readonly HashSet<Guid> _retaken = [];

    /// <summary>Events of the server's log.</summary>
    public int Count => _ids.Count;

    /// <summary>What was taken from an earlier log may still come again.</summary>
    public bool HasEarlier => _earlier is not null;

    public bool Contains(string id) => id.Length > 0 && _v0Ids.ContainsKey(KeyOf(id));

    /// <summary>The last event up to this number that has an id; null: there is none.</summary>
    public LoggedEvent? LastUpTo(int sequence)
    {
        var index = sequence < 0 ? -1 : _ids.FindLastIndex(Math.Min(sequence, _ids.Count - 1), static id => id != Guid.Empty);
        return index < 0 ? null : new LoggedEvent(TextOf(_ids[index]), index);
    }

    /// <summary>The V0 ids of a V1 event, in the order in which it got them.</summary>
    public IReadOnlyList<int> V0IdsOf(string id) => id.Length == 0 ? [] : V0IdsOf(KeyOf(id));

    /// <summary>The next event of the log. An id that comes under two numbers is known from the first on.</summary>
    public void Add(string id)
    {
        if (id.Length == 0)
        {
            _ids.Add(Guid.Empty);
            return;
        }

        var key = KeyOf(id);
        var isFirst = Know(key, id) || (_earlier?.Contains(key) == true && _retaken.Add(key));
        _ids.Add(isFirst ? key : Guid.Empty);
    }

    /// <summary>A V1 event is shown as this V0 event too.</summary>
    public void Relate(string id, int v0Id)
    {
        if (id.Length == 0)
        {
            return;
        }

        var key = KeyOf(id);
        Know(key, id);
        var known = _v0Ids[key];
        if (known == NoV0Id)
        {
            _v0Ids[key] = v0Id;
        }
        else if (!V0IdsOf(key).Contains(v0Id))
        {
            _several.Add([.. V0IdsOf(key), v0Id]);
            _v0Ids[key] = NoV0Id - _several.Count;
        }
    }

    /// <summary>Makes this the number of the next event: what was taken from there on is forgotten; what is missing before it has no
    /// id.</summary>
    public void MoveTo(int sequence)
    {
        for (var i = _ids.Count - 1; i >= sequence; i--)
        {
            _retaken.Remove(_ids[i]);
            if (_earlier?.Contains(_ids[i]) != true)
            {
                Forget(_ids[i]);
            }

            _ids.RemoveAt(i);
        }

        while (_ids.Count < sequence)
        {
            _ids.Add(Guid.Empty);
        }
    }

    /// <summary>The server counts from zero again; what was taken stays taken.</summary>
    public void Restart()
    {
        _earlier = [.. _v0Ids.Keys];
        _retaken.Clear();
        _ids.Clear();
    }

    /// <summary>Of the earlier log nothing can come any more.</summary>
    public void EndRestart()
    {
        foreach (var id in _earlier?.Except(_retaken) ?? [])
        {
            Forget(id);
        }

        _earlier = null;
        _retaken.Clear();
    }

    /// <summary>All of it as lines that end one commit after a restart and one at the end: as few as it takes.</summary>
    public IEnumerable<V1MapLine> Lines(string timestamp, Action<V1MapLine> end)
    {
        var sequence = 0;
        V1MapLine? last = null;
        foreach (var id in _earlier ?? [])
        {
            if (last is not null)
            {
                yield return last;
            }

            last = Line(sequence++, id);
        }

        var isRestart = last is not null;
        if (last is not null)
        {
            end(last);
            yield return last;
        }

        for (var i = 0; i < _ids.Count; i++)
        {
            var line = Line(i, _ids[i]);
            line.IsRestart = isRestart && i == 0;
            if (i == _ids.Count - 1)
            {
                line.Timestamp = timestamp;
                end(line);
            }

            yield return line;
        }
    }

    private V1MapLine Line(int sequence, Guid id)
    {
        var line = new V1MapLine { Sequence = sequence, Id = TextOf(id) };
        line.V0Ids.AddRange(id == Guid.Empty ? [] : V0IdsOf(id));
        return line;
    }

    private int[] V0IdsOf(Guid key) => _v0Ids.GetValueOrDefault(key, NoV0Id) switch
    {
        NoV0Id => [],
        < NoV0Id and var place => _several[NoV0Id - 1 - place],
        var v0Id => [v0Id],
    };

    /// <summary>True when it was not known yet.</summary>
    private bool Know(Guid key, string id)
    {
        var isNew = _v0Ids.TryAdd(key, NoV0Id);
        if (isNew && !IsUuid(id, out _))
        {
            _texts[key] = id;
        }

        return isNew;
    }

    private void Forget(Guid key)
    {
        _v0Ids.Remove(key);
        _texts.Remove(key);
    }

    private string TextOf(Guid key) => key == Guid.Empty ? "" : _texts.GetValueOrDefault(key) ?? key.ToString("D");

    private static Guid KeyOf(string id) =>
        IsUuid(id, out var uuid) ? uuid : new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 16));

    /// <summary>Whether the text is a UUID as V1 writes it: then the UUID says all of it.</summary>
    private static bool IsUuid(string id, out Guid uuid)
    {
        Span<char> written = stackalloc char[36];
        return Guid.TryParseExact(id, "D", out uuid) && uuid != Guid.Empty
            && uuid.TryFormat(written, out _, "D") && written.SequenceEqual(id);
    }
}
