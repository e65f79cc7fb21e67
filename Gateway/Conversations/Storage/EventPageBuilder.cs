using Gateway.Conversations.Events;

namespace Gateway.Conversations.Storage;

/// <summary>
/// Collects the events that one read finds in its buffer, and what is wrong with others, and makes an <see cref="EventPage"/> of it. Used
/// by one read of a log; not thread-safe.
/// </summary>
internal sealed class EventPageBuilder(PooledBytes buffer)
{
    private readonly List<ScannedEvent> _events = [];
    private SortedDictionary<int, CorruptEvent>? _corrupt;
    private Dictionary<int, (int Start, int Length)>? _corruptBytes;

    /// <summary>How many sound events there are.</summary>
    public int Count => _events.Count;

    public static bool IsSound(int id, in ScannedEvent scanned) => scanned.Status == ScanStatus.Ok && scanned.Id == id;

    /// <summary>What is wrong with an event that is not sound, as the end of a sentence that begins with what holds it.</summary>
    public static string ProblemOf(in ScannedEvent scanned) => scanned.Status switch
    {
        ScanStatus.NotUtf8 => "is not UTF-8",
        ScanStatus.NotAnObject => "is not a JSON object",
        ScanStatus.TooDeep => "is nested too deeply",
        ScanStatus.NoType => "has neither an action nor an observation",
        ScanStatus.NotJson when scanned.Length == 0 => "is empty",
        ScanStatus.NotJson => "is cut off or not JSON",
        _ => "holds another event's id",
    };

    /// <summary>Takes a sound event, behind those that it has.</summary>
    public void Add(in ScannedEvent scanned) => _events.Add(scanned);

    /// <summary>Reports an event whose bytes cannot be had.</summary>
    public void Report(CorruptEvent corrupt)
    {
        (_corrupt ??= [])[corrupt.Id] = corrupt;
        _corruptBytes?.Remove(corrupt.Id);
    }

    /// <summary>Reports an event whose bytes are there, and not sound.</summary>
    public void Report(CorruptEvent corrupt, in ScannedEvent scanned)
    {
        Report(corrupt);
        (_corruptBytes ??= [])[corrupt.Id] = (scanned.Start, scanned.Length);
    }

    /// <summary>Forgets what was reported of an event.</summary>
    public void Withdraw(int id)
    {
        _corrupt?.Remove(id);
        _corruptBytes?.Remove(id);
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
        var bytes = _corruptBytes?.ToDictionary(
            static pair => pair.Key, pair => buffer.Memory.Slice(pair.Value.Start, pair.Value.Length));
        return new EventPage(events, corrupt, nextId, buffer, bytes);
    }
}
