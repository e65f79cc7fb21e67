using System.Globalization;

using Gateway.Conversations.Events;

namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// Collects what one read finds for the ids of one page file after another, and makes an <see cref="EventPage"/> of it. Used by one
/// <see cref="EventPageReader.Read"/> call; not thread-safe.
/// </summary>
internal sealed class EventPageBuilder(PooledBytes buffer)
{
    private readonly ScannedEvent[] _found = new ScannedEvent[ConversationPaths.PageSize];
    private readonly bool[] _isSound = new bool[ConversationPaths.PageSize];
    private readonly List<ScannedEvent> _events = new(ConversationPaths.PageSize);
    private SortedDictionary<int, CorruptEvent>? _corrupt;
    private string? _pageProblem;

    /// <summary>The first id that is looked for now.</summary>
    public int First { get; private set; }

    /// <summary>The last id that is looked for now; of the same page file as <see cref="First"/>.</summary>
    public int Last { get; private set; }

    /// <summary>How many events are in what has been ended.</summary>
    public int Count => _events.Count;

    public int PageStart => ConversationPaths.PageStart(First);

    public static bool IsSound(int id, in ScannedEvent scanned) => scanned.Status == ScanStatus.Ok && scanned.Id == id;

    /// <summary>Looks for these ids from now on.</summary>
    public void Begin(int first, int last)
    {
        (First, Last) = (first, last);
        _pageProblem = null;
        Array.Clear(_isSound);
    }

    public bool Has(int id) => _isSound[id - First];

    /// <summary>The page file is there, but does not hold all that it should: an event that is nowhere else is lost, not a gap.</summary>
    public void PageIs(string problem) => _pageProblem = problem;

    /// <summary>Takes what the page file has in the place of event <paramref name="id"/>: the event, or a damage to report.</summary>
    public void AddFromPage(int id, in ScannedEvent scanned) => Add(id, scanned, isFromPage: true);

    /// <summary>Takes what the event's own file has: the event, or a damage to report.</summary>
    public void Add(int id, in ScannedEvent scanned) => Add(id, scanned, isFromPage: false);

    /// <summary>The event has no file of its own, and the page file did not give it: a gap, unless the page file is to blame.</summary>
    public void AddMissing(int id)
    {
        if (_pageProblem is not null)
        {
            Report(id, $"{EventName(id)} is missing and {PageName} {_pageProblem}");
        }
    }

    /// <summary>The event has a file of its own, which cannot be read.</summary>
    public void AddDenied(int id) => Report(id, $"{EventName(id)} cannot be read: access denied", isDenied: true);

    /// <summary>Keeps what was found through <paramref name="last"/>; the rest is forgotten.</summary>
    public void End(int last)
    {
        for (var id = First; id <= last; id++)
        {
            if (Has(id))
            {
                _events.Add(_found[id - First]);
                _corrupt?.Remove(id);
            }
        }

        for (var id = last + 1; id <= Last; id++)
        {
            _corrupt?.Remove(id);
        }
    }

    /// <summary>What was found, over the buffer, which the page owns from now on.</summary>
    public EventPage ToPage(int nextId)
    {
        var events = new List<StoredEvent>(_events.Count);
        foreach (var scanned in _events)
        {
            events.Add(new StoredEvent(scanned.Id, buffer.Memory.Slice(scanned.Start, scanned.Length), scanned.Header));
        }

        CorruptEvent[] corrupt = _corrupt is null ? [] : [.. _corrupt.Values];
        return new EventPage(events, corrupt, nextId, buffer);
    }

    private string PageName =>
        string.Create(CultureInfo.InvariantCulture, $"event_cache/{PageStart}-{PageStart + ConversationPaths.PageSize}.json");

    private static string EventName(int id) => string.Create(CultureInfo.InvariantCulture, $"events/{id}.json");

    private void Add(int id, in ScannedEvent scanned, bool isFromPage)
    {
        if (IsSound(id, scanned))
        {
            _found[id - First] = scanned;
            _isSound[id - First] = true;
        }
        else
        {
            Report(id, scanned, isFromPage ? PageName : EventName(id));
        }
    }

    private void Report(int id, in ScannedEvent scanned, string file) =>
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

    private void Report(int id, string problem, bool isDenied = false) => (_corrupt ??= [])[id] = new CorruptEvent(id, problem, isDenied);
}
