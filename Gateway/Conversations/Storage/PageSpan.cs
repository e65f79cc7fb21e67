using System.Globalization;

using Gateway.Conversations.Events;

namespace Gateway.Conversations.Storage;

/// <summary>
/// The ids that one read covers, all of one page, and what was found for each so far. Used by one <see cref="EventPageReader.Read"/> call.
/// </summary>
internal sealed class PageSpan(int first, int last)
{
    private readonly ScannedEvent[] _found = new ScannedEvent[last - first + 1];
    private readonly bool[] _isSound = new bool[last - first + 1];
    private List<CorruptEvent>? _corrupt;

    public int First { get; } = first;

    public int Last { get; } = last;

    public int PageStart => ConversationPaths.PageStart(First);

    public bool Has(int id) => _isSound[id - First];

    /// <summary>Takes what stands where event <paramref name="id"/> should: the event, or a damage to report.</summary>
    public void Offer(int id, in ScannedEvent scanned)
    {
        if (scanned.Status == ScanStatus.Ok && scanned.Id == id)
        {
            _found[id - First] = scanned;
            _isSound[id - First] = true;
            _corrupt?.RemoveAll(corrupt => corrupt.Id == id);
            return;
        }

        _corrupt ??= [];
        _corrupt.RemoveAll(corrupt => corrupt.Id == id);
        _corrupt.Add(new CorruptEvent(id, Describe(id, scanned)));
    }

    /// <summary>What was found through <paramref name="last"/>, over the buffer, which the page owns from now on.</summary>
    public EventPage ToPage(int last, PooledBytes buffer)
    {
        var events = new List<StoredEvent>(last - First + 1);
        for (var id = First; id <= last; id++)
        {
            if (Has(id))
            {
                var found = _found[id - First];
                events.Add(new StoredEvent(id, buffer.Memory.Slice(found.Start, found.Length), found.Header));
            }
        }

        _corrupt?.Sort(static (left, right) => left.Id.CompareTo(right.Id));
        return new EventPage(events, _corrupt ?? (IReadOnlyList<CorruptEvent>)[], last + 1, buffer);
    }

    private static string Describe(int id, in ScannedEvent scanned)
    {
        var problem = scanned.Status switch
        {
            ScanStatus.NotUtf8 => "is not UTF-8",
            ScanStatus.NotAnObject => "is not a JSON object",
            ScanStatus.TooDeep => "is nested too deeply",
            ScanStatus.NoType => "has neither an action nor an observation",
            ScanStatus.NotJson when scanned.Length == 0 => "is empty",
            ScanStatus.NotJson => "is cut off or not JSON",
            _ => "holds another event's id",
        };
        return string.Create(CultureInfo.InvariantCulture, $"events/{id}.json {problem}");
    }
}
