using Gateway.SocketIO;

namespace Gateway.Conversations.Sessions;

/// <summary>
/// The newest events of a log, encoded: a cursor that is close to the head sends these bytes instead of reading the store, and
/// all such cursors send the same ones. Bounded: two chunks of at most 64 events, and of about 256 KiB (one event may be larger).
/// Written by the session's loop alone; read by any thread without a lock, because a chunk only grows and is replaced whole.
/// </summary>
internal sealed class LiveTail
{
    private const int ChunkEvents = 64;
    private const int ChunkBytes = 256 * 1_024;

    private volatile Chunk _current = new(0);
    private volatile Chunk? _previous;

    /// <summary>Adds the event <paramref name="id"/>; null for one that live clients are not sent.</summary>
    public void Add(int id, PreparedEvent? prepared)
    {
        if (_current.CoversThrough != id - 1)
        {
            // Ids between were written by somebody else: they can only be read from the store.
            _previous = null;
            _current = new Chunk(id);
        }
        else if (_current.IsFull)
        {
            _previous = _current;
            _current = new Chunk(id);
        }

        _current.Add(id, prepared);
    }

    /// <summary>
    /// The events from <paramref name="fromId"/> through at most <paramref name="throughId"/> that the tail holds in one piece; nothing to send is
    /// an answer too. False when the store has to be read.
    /// </summary>
    public bool TryRead(int fromId, int throughId, out ReadOnlyMemory<PreparedEvent> events, out int nextId)
    {
        var current = _current;
        var previous = _previous;
        if (current.TryRead(fromId, throughId, out events, out nextId))
        {
            return true;
        }

        return previous is not null && previous.TryRead(fromId, throughId, out events, out nextId);
    }

    /// <summary>Consecutive events. Grows until full, then never changes.</summary>
    private sealed class Chunk(int coversFrom)
    {
        private readonly int[] _ids = new int[ChunkEvents];
        private readonly PreparedEvent[] _events = new PreparedEvent[ChunkEvents];
        private int _bytes;
        private volatile int _count;
        private volatile int _coversThrough = coversFrom - 1;

        public int Count => _count;

        public int CoversThrough => _coversThrough;

        public bool IsFull => _count == ChunkEvents || _bytes >= ChunkBytes;

        public void Add(int id, PreparedEvent? prepared)
        {
            if (prepared is { } some)
            {
                _ids[_count] = id;
                _events[_count] = some;
                _bytes += some.Packet.Length;
                _count++;
            }

            // Last: a reader takes this first, and so finds all that it promises.
            _coversThrough = id;
        }

        public bool TryRead(int fromId, int throughId, out ReadOnlyMemory<PreparedEvent> events, out int nextId)
        {
            var through = Math.Min(throughId, _coversThrough);
            if (fromId < coversFrom || through < fromId)
            {
                events = default;
                nextId = fromId;
                return false;
            }

            var end = _count;
            while (end > 0 && _ids[end - 1] > through)
            {
                end--;
            }

            var start = end;
            while (start > 0 && _ids[start - 1] >= fromId)
            {
                start--;
            }

            events = _events.AsMemory(start, end - start);
            nextId = through + 1;
            return true;
        }
    }
}
