using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// Puts numbered events in order. The server sends some out of it, and a highest number taken as a cursor loses those (PROTOCOL.md, "V1
/// session socket"): the mark here moves only over what has no hole. Pure; used by one thread.
/// </summary>
internal sealed class SequenceBuffer(int lastSequence)
{
    /// <summary>More than this behind one hole is not disorder: the rest comes again after the hole is filled.</summary>
    public const int MaxWaiting = 1_024;

    /// <summary>As much text, whatever the number of events.</summary>
    public const int MaxWaitingCharacters = 16 * 1_024 * 1_024;

    private readonly Dictionary<int, (JObject Event, int Length)> _waiting = [];
    private long _length;

    /// <summary>The highest number up to which nothing is missing.</summary>
    public int LastSequence { get; private set; } = lastSequence;

    /// <summary>True while something waits behind a hole.</summary>
    public bool HasGap => _waiting.Count > 0 && !_waiting.ContainsKey(LastSequence + 1);

    /// <summary>Something was thrown away because too much waited, or was too large: it has to be asked for.</summary>
    public bool Overflowed { get; private set; }

    /// <param name="length">Of the text that the event came in.</param>
    public void Add(int sequence, JObject v1Event, int length)
    {
        if (sequence <= LastSequence)
        {
            return;
        }

        if ((_waiting.Count >= MaxWaiting || _length + length > MaxWaitingCharacters) && sequence != LastSequence + 1)
        {
            Miss();
            return;
        }

        if (_waiting.TryAdd(sequence, (v1Event, length)))
        {
            _length += length;
        }
    }

    /// <summary>
    /// How many numbers above <paramref name="lastSequence"/>, up to the highest that waits, are of no event that waits or is known.
    /// </summary>
    public int MissingAfter(int lastSequence, Func<JObject, bool> isKnown)
    {
        var waiting = _waiting.Where(pair => pair.Key > lastSequence).ToList();
        return waiting.Count == 0
            ? 0
            : Math.Max(0, waiting.Max(static pair => pair.Key) - lastSequence - waiting.Count(pair => !isKnown(pair.Value.Event)));
    }

    /// <summary>Moves the mark to the next event that waits; gives how many numbers it passes over.</summary>
    public int Skip()
    {
        if (!HasGap)
        {
            return 0;
        }

        var skipped = _waiting.Keys.Min() - 1 - LastSequence;
        LastSequence += skipped;
        return skipped;
    }

    /// <summary>Something is not here that may be the end of the log: no hole shows it.</summary>
    public void Miss() => Overflowed = true;

    /// <summary>The next event in order; the mark moves over it.</summary>
    public bool TryTake(out JObject v1Event)
    {
        if (!_waiting.Remove(LastSequence + 1, out var next))
        {
            v1Event = [];
            return false;
        }

        v1Event = next.Event;
        _length -= next.Length;
        LastSequence++;
        return true;
    }

    /// <summary>The log was read by other means up to <paramref name="mark"/>.</summary>
    /// <param name="isEnd">That was all there is.</param>
    public void MoveTo(int lastSequence, bool isEnd)
    {
        LastSequence = Math.Max(LastSequence, lastSequence);
        Overflowed &= !isEnd;
        foreach (var old in _waiting.Keys.Where(sequence => sequence <= LastSequence).ToList())
        {
            _waiting.Remove(old, out var past);
            _length -= past.Length;
        }
    }
}
