using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// Reads the journal of a <see cref="V1Map"/>, line by line. Lines without the one that ends their commit do not count. A line that cannot
/// be read harms the one event that it was for: its number is known from its neighbours. Used once, by one thread. Pure.
/// </summary>
/// <param name="maxHead">Commits that know of V0 events past this id do not count: a power cut took those events, and they come again from
/// V1.</param>
internal sealed class V1MapReader(int maxHead)
{
    // A number that is further ahead than this is damage, and not a hole.
    private const int MaxHole = 100_000;

    private readonly List<V1MapLine> _batch = [];
    private string? _state;

    public V1MapContent Content { get; } = new();

    /// <summary>The last commit's snapshot; null when there is none.</summary>
    public JObject? Snapshot => _state is not null && JsonTree.TryReadObject(_state, out var snapshot) ? snapshot : null;

    /// <summary>The highest V0 id at the last commit.</summary>
    public int Head { get; private set; } = -1;

    /// <summary>As <see cref="V1Map.RecogniseFrom"/>.</summary>
    public int RecogniseFrom { get; private set; }

    /// <summary>V1's time of the last event that had one.</summary>
    public string Timestamp { get; private set; } = "";

    /// <summary>Characters of all lines.</summary>
    public long Size { get; private set; }

    /// <summary>There are lines that do not count, so that the journal should be written anew.</summary>
    public bool HasWaste { get; private set; }

    public void Add(string text)
    {
        Size += text.Length + 1;
        if (!V1MapLine.TryRead(text, out var line) || line.Sequence > Content.Count + _batch.Count + MaxHole)
        {
            HasWaste = true;
            return;
        }

        if (_batch.Exists(earlier => line.IsRestart || (!line.IsAddition && !earlier.IsAddition && earlier.Sequence >= line.Sequence)))
        {
            // What stands before was not committed, and was taken once more: by a bridge that failed, or died, in between.
            HasWaste = true;
            _batch.RemoveAll(earlier => line.IsRestart || earlier.Sequence >= line.Sequence);
        }

        _batch.Add(line);
        if (line.State is null)
        {
            return;
        }

        if (line.Head is { } head && head <= maxHead)
        {
            _batch.ForEach(Apply);
            Head = head;
            RecogniseFrom = line.RecogniseFrom ?? head + 1;
            _state = line.State;
        }
        else
        {
            HasWaste = true;
        }

        _batch.Clear();
    }

    private void Apply(V1MapLine line)
    {
        if (line.IsRestart)
        {
            Content.Restart();
        }

        if (!line.IsAddition)
        {
            // A batch that begins before the last one's end was written after a start that took less for sure.
            Content.MoveTo(line.Sequence);
            Content.Add(line.Id);
        }

        line.V0Ids.ForEach(v0Id => Content.Relate(line.Id, v0Id));
        line.OtherV0Ids.ForEach(other => Content.Relate(other.V1Id, other.V0Id));
        Timestamp = line.Timestamp.Length > 0 ? line.Timestamp : Timestamp;
    }
}
