namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// Which ids a log has, as runs without gaps: a log without gaps is one run however long it is. One writer at a time adds; any
/// thread may ask meanwhile.
/// </summary>
internal sealed class StoredIds
{
    private volatile Runs _runs;
    private volatile int _head;

    /// <param name="ascendingIds">Not negative.</param>
    public StoredIds(IEnumerable<int> ascendingIds)
    {
        var closed = new List<Run>();
        var start = 0;
        var last = -1;
        foreach (var id in ascendingIds)
        {
            if (id > last + 1)
            {
                if (last >= start)
                {
                    closed.Add(new Run(start, last));
                }

                start = id;
            }

            last = id;
        }

        _runs = new Runs([.. closed], start);
        _head = last;
    }

    /// <summary>The highest id, or -1.</summary>
    public int Head => _head;

    /// <summary>The first id from <paramref name="id"/> on that the log has, or null.</summary>
    public int? FirstFrom(int id)
    {
        var head = _head;
        var runs = _runs;
        if (id >= runs.TailStart)
        {
            return id <= head ? id : null;
        }

        var (low, high) = (0, runs.Closed.Length);
        while (low < high)
        {
            var middle = (low + high) >> 1;
            (low, high) = runs.Closed[middle].Last < id ? (middle + 1, high) : (low, middle);
        }

        return low < runs.Closed.Length ? Math.Max(id, runs.Closed[low].First) : runs.TailStart <= head ? runs.TailStart : null;
    }

    /// <summary>Adds an id above <see cref="Head"/>.</summary>
    public void Add(int id)
    {
        var head = _head;
        if (id > head + 1)
        {
            var runs = _runs;
            _runs = new Runs(head >= runs.TailStart ? [.. runs.Closed, new Run(runs.TailStart, head)] : runs.Closed, id);
        }

        _head = id;
    }

    private readonly record struct Run(int First, int Last);

    /// <summary>The runs below the last one, in order, and where the last one begins: it goes to the head.</summary>
    private sealed record Runs(Run[] Closed, int TailStart);
}
