using System.Diagnostics;

namespace Gateway.Conversations;

/// <summary>
/// Which span has stored the newest events of a log, so that their delivery goes on in its trace. Holds nothing unless spans are recorded,
/// and then the last <see cref="Kept"/>. Any thread.
/// </summary>
internal sealed class AppendTraces
{
    public const int Kept = 64;

    private readonly Lock _lock = new();
    private Entry[]? _entries;
    private int _added;

    /// <param name="firstId">The first event that the span has stored.</param>
    /// <param name="count">How many it has stored.</param>
    /// <param name="span">Null, and nothing is kept, when it is not recorded.</param>
    public void Add(int firstId, int count, Activity? span)
    {
        if (span is null || count == 0)
        {
            return;
        }

        lock (_lock)
        {
            var entries = _entries ?? new Entry[Kept];
            entries[_added++ % Kept] = new Entry(firstId, firstId + count - 1, span.Context);
            Volatile.Write(ref _entries, entries);
        }
    }

    /// <summary>The newest span that has stored one of these events; null when none is known.</summary>
    public ActivityContext? Find(int fromId, int throughId)
    {
        if (Volatile.Read(ref _entries) is not { } entries)
        {
            return null;
        }

        lock (_lock)
        {
            for (var age = 1; age <= Math.Min(_added, Kept); age++)
            {
                var entry = entries[(_added - age) % Kept];
                if (entry.FirstId <= throughId && entry.LastId >= fromId)
                {
                    return entry.Context;
                }
            }
        }

        return null;
    }

    private readonly record struct Entry(int FirstId, int LastId, ActivityContext Context);
}
