using Gateway.Tools.Shadow.Forward;

namespace Gateway.Tools.Shadow;

/// <summary>
/// What an operator must be told: one line for each thing, when it begins. What makes a report partial is kept. Any thread.
/// </summary>
/// <param name="say">Gets each line once.</param>
internal sealed class ShadowNotes(Action<string> say)
{
    private const string BrokenOff = "V0 broke connections off; its clients saw the same";

    private readonly Lock _lock = new();
    private readonly List<string> _partial = [];
    private bool _isServerAway;

    /// <summary>Why what was compared is not all that there was; empty when it is.</summary>
    public IReadOnlyList<string> Partial
    {
        get
        {
            lock (_lock)
            {
                return [.. _partial];
            }
        }
    }

    /// <summary>How a forwarded connection ended: V0's going is said once, and again after it was there in between.</summary>
    public void Ended(ForwardEnd end)
    {
        lock (_lock)
        {
            var isAway = end is not ForwardEnd.Ordinary;
            var isNew = isAway && !_isServerAway;
            _isServerAway = isAway;
            if (!isNew)
            {
                return;
            }
        }

        AddPartial(end is ForwardEnd.NotReached
            ? "V0 cannot be reached; its clients' connections are reset"
            : BrokenOff);
    }

    /// <summary>V0 has ended a WebSocket without a close frame.</summary>
    public void ServerBrokeOff() => AddPartial(BrokenOff);

    /// <summary>Something that leaves the report partial. Said the first time.</summary>
    public void AddPartial(string reason)
    {
        lock (_lock)
        {
            if (_partial.Contains(reason))
            {
                return;
            }

            _partial.Add(reason);
        }

        say(reason);
    }

    public void Say(string line) => say(line);
}
