using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// Puts numbered events in order. The server sends some out of it, and a highest number taken as a cursor loses those (facts D.1b):
/// the mark here moves only over what has no hole. Pure; used by one thread.
/// </summary>
internal sealed class SequenceBuffer(int mark)
{
    /// <summary>More than this behind one hole is not disorder: the rest comes again after the hole is filled.</summary>
    public const int MaxWaiting = 1_024;

    private readonly Dictionary<int, JObject> _waiting = [];

    /// <summary>The highest number up to which nothing is missing.</summary>
    public int Mark { get; private set; } = mark;

    /// <summary>True while something waits behind a hole.</summary>
    public bool HasGap => _waiting.Count > 0 && !_waiting.ContainsKey(Mark + 1);

    /// <summary>Something was thrown away because too much waited: it has to be asked for.</summary>
    public bool Overflowed { get; private set; }

    public void Offer(int sequence, JObject v1Event)
    {
        if (sequence <= Mark)
        {
            return;
        }

        if (_waiting.Count >= MaxWaiting && sequence != Mark + 1)
        {
            Overflowed = true;
            return;
        }

        _waiting.TryAdd(sequence, v1Event);
    }

    /// <summary>The next event in order; the mark moves over it.</summary>
    public bool TryTake(out JObject v1Event)
    {
        if (!_waiting.Remove(Mark + 1, out v1Event!))
        {
            return false;
        }

        Mark++;
        return true;
    }

    /// <summary>The log was read by other means up to <paramref name="mark"/>.</summary>
    public void MoveTo(int mark)
    {
        Mark = Math.Max(Mark, mark);
        Overflowed = false;
        foreach (var old in _waiting.Keys.Where(sequence => sequence <= Mark).ToList())
        {
            _waiting.Remove(old);
        }
    }
}
