using Gateway.SocketIO;

namespace Gateway.Conversations.Runtime;

/// <summary>Something without an id, and the event that it follows.</summary>
internal readonly record struct TransientMessage(PreparedEvent Prepared, int AfterId);

/// <summary>
/// Things without an id that wait for one client, in order. Bounded: beyond the limit the oldest is dropped, because what is
/// newer says more about now. Any thread.
/// </summary>
internal sealed class TransientMessageQueue(int limit)
{
    private readonly Lock _lock = new();
    private Queue<TransientMessage>? _transientMessages;

    /// <summary>False when an older notice had to go.</summary>
    public bool Add(TransientMessage transientMessage)
    {
        lock (_lock)
        {
            _transientMessages ??= new Queue<TransientMessage>();
            var full = _transientMessages.Count >= limit;
            if (full)
            {
                _transientMessages.Dequeue();
            }

            _transientMessages.Enqueue(transientMessage);
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
                return _transientMessages is not null
                    && _transientMessages.TryPeek(out var transientMessage) ? transientMessage.AfterId : int.MaxValue;
            }
        }
    }

    /// <summary>Takes the oldest notice if every event up to the one that it follows is before <paramref name="nextId"/>.</summary>
    public bool TryTakeDue(int nextId, out TransientMessage transientMessage)
    {
        lock (_lock)
        {
            if (_transientMessages is not null && _transientMessages.TryPeek(out transientMessage) && transientMessage.AfterId < nextId)
            {
                _transientMessages.Dequeue();
                return true;
            }
        }

        transientMessage = default;
        return false;
    }
}
