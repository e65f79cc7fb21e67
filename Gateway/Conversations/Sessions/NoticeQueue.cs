using Gateway.SocketIO;

namespace Gateway.Conversations.Sessions;

/// <summary>Something without an id, and the event that it follows.</summary>
internal readonly record struct Notice(PreparedEvent Prepared, int AfterId);

/// <summary>
/// Things without an id that wait for one client, in order. Bounded: beyond the limit the oldest is dropped, because what is
/// newer says more about now. Any thread.
/// </summary>
internal sealed class NoticeQueue(int limit)
{
    private readonly Lock _lock = new();
    private Queue<Notice>? _notices;

    /// <summary>False when an older notice had to go.</summary>
    public bool Add(Notice notice)
    {
        lock (_lock)
        {
            _notices ??= new Queue<Notice>();
            var full = _notices.Count >= limit;
            if (full)
            {
                _notices.Dequeue();
            }

            _notices.Enqueue(notice);
            return !full;
        }
    }

    /// <summary>The event that has to be sent before the oldest notice; <see cref="int.MaxValue"/> when none waits.</summary>
    public int NextAfterId
    {
        get
        {
            lock (_lock)
            {
                return _notices is not null && _notices.TryPeek(out var notice) ? notice.AfterId : int.MaxValue;
            }
        }
    }

    /// <summary>Takes the oldest notice if every event up to the one that it follows is before <paramref name="nextId"/>.</summary>
    public bool TryTakeDue(int nextId, out Notice notice)
    {
        lock (_lock)
        {
            if (_notices is not null && _notices.TryPeek(out notice) && notice.AfterId < nextId)
            {
                _notices.Dequeue();
                return true;
            }
        }

        notice = default;
        return false;
    }
}
