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
    private SortedDictionary<int, string>? _corrupt;

    public int First { get; } = first;

    public int Last { get; } = last;

    public int PageStart => ConversationPaths.PageStart(First);

    /// <summary>The page file is there, but does not hold all that it should: an event that is nowhere else is lost, not a gap.</summary>
    public bool PageIsDamaged { get; set; }

    public bool Has(int id) => _isSound[id - First];

    public static bool IsSound(int id, in ScannedEvent scanned) => scanned.Status == ScanStatus.Ok && scanned.Id == id;

    /// <summary>Takes what the page has in the place of event <paramref name="id"/>.</summary>
    public void OfferFromPage(int id, in ScannedEvent scanned) => Offer(id, scanned, PageName);

    /// <summary>Takes what the event's own file has: the event, or a damage to report.</summary>
    public void Offer(int id, in ScannedEvent scanned) => Offer(id, scanned, EventName(id));

    /// <summary>The event has no file of its own, and the page did not give it: a gap, unless the page is to blame.</summary>
    public void OfferMissing(int id)
    {
        if (PageIsDamaged)
        {
            Report(id, $"{EventName(id)} is missing and {PageName} is damaged");
        }
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

        CorruptEvent[] corrupt = _corrupt is null
            ? []
            : [.. _corrupt.Where(entry => entry.Key <= last && !Has(entry.Key)).Select(static entry => new CorruptEvent(entry.Key, entry.Value))];
        return new EventPage(events, corrupt, last + 1, buffer);
    }

    private string PageName => string.Create(CultureInfo.InvariantCulture, $"event_cache/{PageStart}-{PageStart + ConversationPaths.PageSize}.json");

    private static string EventName(int id) => string.Create(CultureInfo.InvariantCulture, $"events/{id}.json");

    private void Offer(int id, in ScannedEvent scanned, string file)
    {
        if (IsSound(id, scanned))
        {
            _found[id - First] = scanned;
            _isSound[id - First] = true;
            return;
        }

        Report(id, scanned.Status switch
        {
            ScanStatus.NotUtf8 => $"{file} is not UTF-8",
            ScanStatus.NotAnObject => $"{file} is not a JSON object",
            ScanStatus.TooDeep => $"{file} is nested too deeply",
            ScanStatus.NoType => $"{file} has neither an action nor an observation",
            ScanStatus.NotJson when scanned.Length == 0 => $"{file} is empty",
            ScanStatus.NotJson => $"{file} is cut off or not JSON",
            _ => $"{file} holds another event's id",
        });
    }

    private void Report(int id, string problem) => (_corrupt ??= [])[id] = problem;
}
