using Gateway.Conversations.Events;
using Gateway.SocketIO;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// The newest events of a log, encoded: a cursor that is close to the head sends these bytes instead of reading the store, and all such
/// cursors send the same ones. Kept until every cursor of the room has passed them, and no longer. Bounded three times: two chunks of at
/// most 512 events, of about 1 MiB (one event may be larger), within the <see cref="RecentEventBudget"/> of the process.
/// <see cref="Add"/>, <see cref="Shown"/>, <see cref="BeginRound"/> and <see cref="Clear"/> are called by the session's loop alone; the
/// other members by any thread.
/// </summary>
internal sealed class RecentEventCache(RecentEventBudget budget)
{
    // Taken by the loop and by the last cursor of a round. Readers do without: a chunk only grows, and is replaced whole.
    private readonly Lock _lock = new();

    private volatile Chunk _current = new(0, Chunk.FirstCapacity);
    private volatile Chunk? _previous;
    private volatile Round? _round;
    private volatile int _shownThrough = -1;

    /// <summary>The round that is under way: whoever has nothing more to send reports to it. Null before the first.</summary>
    public Round? CurrentRound => _round;

    /// <summary>
    /// The last event that the session's loop has shown the room: cursors go no farther. The log's own head may be ahead by what is being
    /// read or encoded for all at this moment; a cursor that is woken for something else would read that from the store by itself. Any
    /// thread.
    /// </summary>
    public int ShownThrough => _shownThrough;

    /// <summary>Which spans have stored the newest events. Any thread.</summary>
    public AppendTraces Appends { get; } = new();

    /// <summary>
    /// Adds the event <paramref name="id"/> of a type (<see cref="EventType"/>); null for one that live clients are not sent.
    /// </summary>
    public void Add(int id, PreparedEvent? prepared, uint type = 0)
    {
        lock (_lock)
        {
            if (_current.CoversThrough != id - 1)
            {
                // Ids between were written by somebody else: they can only be read from the store.
                Reset(id);
            }

            if (prepared is not { } some)
            {
                _current.Cover(id);
                return;
            }

            if (_current.IsFull)
            {
                Rotate(id);
            }

            if (!TryReserve(id, some.Packet.Length))
            {
                // Nobody's to share: each cursor reads it from the store.
                Reset(id + 1);
                return;
            }

            if (!_current.HasPlace)
            {
                _current = _current.Grow();
            }

            _current.Add(new Entry(id, type), some);
        }
    }

    /// <summary>
    /// The events from <paramref name="fromId"/> through at most <paramref name="throughId"/> that the cache holds in one piece; nothing to
    /// send is an answer too. False when the store has to be read.
    /// </summary>
    /// <param name="filter">Leaves some out; null for none.</param>
    public bool TryRead(int fromId, int throughId, EventFilter? filter, out ReadOnlyMemory<PreparedEvent> events, out int nextId)
    {
        var current = _current;
        var previous = _previous;
        if (current.TryRead(fromId, throughId, filter, out events, out nextId))
        {
            return true;
        }

        return previous is not null && previous.TryRead(fromId, throughId, filter, out events, out nextId);
    }

    /// <summary>What is in the log up to here is for the cursors, whether it is held or not.</summary>
    public void Shown(int through) => _shownThrough = through;

    /// <summary>
    /// Begins a new round, before the <paramref name="cursors"/> of the room are woken: what is held now is freed when so many have
    /// reported that they have passed it. It takes the place of the round before.
    /// </summary>
    public void BeginRound(int cursors)
    {
        if (cursors == 0)
        {
            Clear();
            return;
        }

        lock (_lock)
        {
            _round = new Round(_current.CoversThrough, cursors);
        }
    }

    /// <summary>One more cursor has passed what the round is about, or has left. Each calls once for each round.</summary>
    public void Pass(Round round)
    {
        if (!round.CountOneAndIsLast())
        {
            return;
        }

        lock (_lock)
        {
            // Otherwise there is more by now, and a round for it is under way or about to begin.
            if (_current.CoversThrough == round.Through)
            {
                Reset(round.Through + 1);
            }
        }
    }

    /// <summary>Nobody is in the room.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            Reset(_current.CoversThrough + 1);
        }
    }

    private bool TryReserve(int id, int bytes)
    {
        if (budget.TryReserve(bytes))
        {
            return true;
        }

        // Our own older ones go first; the budget may be spent by others all the same.
        if (_previous is { } previous)
        {
            _previous = null;
            budget.Release(previous.Bytes);
            if (budget.TryReserve(bytes))
            {
                return true;
            }
        }

        Reset(id);
        return budget.TryReserve(bytes);
    }

    private void Rotate(int id)
    {
        if (_previous is { } dropped)
        {
            budget.Release(dropped.Bytes);
        }

        _previous = _current;
        _current = new Chunk(id, Chunk.MaxEvents);
    }

    private void Reset(int coversFrom)
    {
        budget.Release(_current.Bytes + (_previous?.Bytes ?? 0));
        _previous = null;
        _current = new Chunk(coversFrom, Chunk.FirstCapacity);
    }

    /// <summary>Who has yet to pass the events through <see cref="Through"/>. Any thread.</summary>
    internal sealed class Round(int through, int cursors)
    {
        private int _waitingFor = cursors;

        public int Through { get; } = through;

        public bool CountOneAndIsLast() => Interlocked.Decrement(ref _waitingFor) == 0;
    }

    /// <summary>Which event an encoded one is.</summary>
    private readonly record struct Entry(int Id, uint Type);

    /// <summary>Consecutive events. Grows until full, then never changes.</summary>
    private sealed class Chunk
    {
        public const int MaxEvents = 512;

        // A talk of single events empties the cache after each: a chunk for one event should be small.
        public const int FirstCapacity = 4;

        private const int MaxBytes = 1_024 * 1_024;

        private readonly int _coversFrom;
        private readonly Entry[] _entries;
        private readonly PreparedEvent[] _events;
        private volatile int _count;
        private volatile int _coversThrough;

        public Chunk(int coversFrom, int capacity)
        {
            _coversFrom = coversFrom;
            _coversThrough = coversFrom - 1;
            _entries = new Entry[capacity];
            _events = new PreparedEvent[capacity];
        }

        public int CoversThrough => _coversThrough;

        public long Bytes { get; private set; }

        public bool IsFull => _count == MaxEvents || Bytes >= MaxBytes;

        public bool HasPlace => _count < _events.Length;

        /// <summary>The same events with more places. Who still reads the old one finds in it what was there.</summary>
        public Chunk Grow()
        {
            var larger = new Chunk(_coversFrom, Math.Min(MaxEvents, _events.Length * 4));
            _entries.CopyTo(larger._entries, 0);
            _events.CopyTo(larger._events, 0);
            larger._count = _count;
            larger._coversThrough = _coversThrough;
            larger.Bytes = Bytes;
            return larger;
        }

        public void Cover(int id) => _coversThrough = id;

        public void Add(Entry entry, PreparedEvent prepared)
        {
            _entries[_count] = entry;
            _events[_count] = prepared;
            Bytes += prepared.Packet.Length;
            _count++;

            // Last: a reader takes this first, and so finds all that it promises.
            _coversThrough = entry.Id;
        }

        public bool TryRead(
            int fromId, int throughId, EventFilter? filter, out ReadOnlyMemory<PreparedEvent> events, out int nextId)
        {
            var through = Math.Min(throughId, _coversThrough);
            if (fromId < _coversFrom || through < fromId)
            {
                events = default;
                nextId = fromId;
                return false;
            }

            var end = _count;
            while (end > 0 && _entries[end - 1].Id > through)
            {
                end--;
            }

            var start = end;
            while (start > 0 && _entries[start - 1].Id >= fromId)
            {
                start--;
            }

            events = filter is null ? _events.AsMemory(start, end - start) : Pick(start, end, filter);
            nextId = through + 1;
            return true;
        }

        // The few that a client wants, or the events as they stand when it wants them all.
        private ReadOnlyMemory<PreparedEvent> Pick(int start, int end, EventFilter filter)
        {
            var wanted = 0;
            foreach (var entry in _entries.AsSpan(start, end - start))
            {
                wanted += filter.Wants(entry.Type) ? 1 : 0;
            }

            if (wanted == end - start)
            {
                return _events.AsMemory(start, wanted);
            }

            var picked = wanted == 0 ? [] : new PreparedEvent[wanted];
            for (var i = start; wanted > 0 && i < end; i++)
            {
                if (filter.Wants(_entries[i].Type))
                {
                    picked[^wanted--] = _events[i];
                }
            }

            return picked;
        }
    }
}
