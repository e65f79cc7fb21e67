using System.Buffers;
using System.Diagnostics.CodeAnalysis;

using Gateway.EngineIO.Protocol;

namespace Gateway.EngineIO.Sessions;

/// <summary>What <see cref="OutboundQueue"/> did with packets given to it.</summary>
internal enum EnqueueResult
{
    Queued,
    Full,

    /// <summary>Complete, or accepting nothing more because the session ends.</summary>
    Closed,
}

/// <summary>What waits in an <see cref="OutboundQueue"/>.</summary>
/// <param name="Packets">How many packets.</param>
/// <param name="Bytes">Their bytes.</param>
internal readonly record struct QueueDepth(int Packets, long Bytes);

/// <summary>What <see cref="OutboundQueue.Take"/> found.</summary>
/// <param name="Count">Packets written to the destination.</param>
/// <param name="Ping">A ping is due and goes before them.</param>
/// <param name="IsComplete">The session is over; nothing more will come.</param>
internal readonly record struct Taken(int Count, bool Ping, bool IsComplete)
{
    public bool IsEmpty => Count == 0 && !Ping && !IsComplete;
}

/// <summary>
/// The packets that wait for one client, bounded in number and bytes. Any thread may add; one reader, the attached transport, takes, and is
/// woken by its session after each addition. A quarter of the queue is kept for senders that cannot wait; the others wait in turn.
/// Holds no memory while it is empty. Owned by its session.
/// </summary>
internal sealed class OutboundQueue(int maxPackets, long maxBytes)
{
    /// <summary>
    /// What senders that can wait may have in the queue of a shared connection: at 5 Mbit/s the link needs 13 ms for it.
    /// </summary>
    public const int SharedBytes = 8 * 1_024;

    // A group of messages passes the bound on bytes by no more than this, or by one message.
    private const int LargestBatch = 64 * 1_024;

    private readonly Lock _lock = new();
    private EnginePacket[]? _ring;
    private int _head;
    private int _count;
    private long _bytes;

    // What was added beyond the bound on bytes by senders that cannot wait, since the queue was last within it.
    private long _overdraft;
    private bool _ping;
    private bool _begun;
    private bool _writing;
    private bool _refusing;
    private bool _complete;
    private volatile bool _isShared;

    // Senders that wait for capacity, in the order of their calls. There are some only while packets wait, so taking packets serves them.
    private List<Turn>? _turns;

    /// <summary>Nothing waits, and what was taken has been written.</summary>
    public bool IsFlushed
    {
        get
        {
            lock (_lock)
            {
                return _count == 0 && !_writing;
            }
        }
    }

    /// <summary>Several senders share the connection: what waits in turn gets in by small groups.</summary>
    public bool IsShared => _isShared;

    /// <summary>What waits now. Reading it holds nobody up, so its two numbers may be a little old, and of two moments.</summary>
    public QueueDepth Depth => new(Volatile.Read(ref _count), Volatile.Read(ref _bytes));

    /// <summary>How near it is to one of its bounds, 1 at the bound. May be a little old.</summary>
    public double Utilization
    {
        get
        {
            var depth = Depth;
            return Math.Max((double)depth.Packets / maxPackets, (double)depth.Bytes / maxBytes);
        }
    }

    /// <summary>As <see cref="IEngineConnection.MaxBatchBytes"/>.</summary>
    public int MaxBatchBytes => _isShared ? SharedBytes / 2 : LargestBatch;

    /// <summary>
    /// Shares it from here on. Its reader is asked for afterwards: one that takes over at this moment has seen that itself.
    /// </summary>
    public void Share(Func<ISessionTransport> reader)
    {
        if (!_isShared)
        {
            _isShared = true;
            reader().Share();
        }
    }

    public EnqueueResult TryEnqueue(in EnginePacket packet) => TryEnqueue(new ReadOnlySpan<EnginePacket>(in packet));

    /// <summary>
    /// Adds all or none. One set of packets is always taken by an empty queue, so that no size is impossible to send; and one large packet
    /// that fills the queue leaves a quarter of its bytes for the small packets of those who cannot wait.
    /// </summary>
    public EnqueueResult TryEnqueue(ReadOnlySpan<EnginePacket> packets)
    {
        lock (_lock)
        {
            if (_complete || _refusing)
            {
                return EnqueueResult.Closed;
            }

            if (_count > 0 && (_count + packets.Length > maxPackets || (_bytes >= maxBytes && !TryOverdraw(packets))))
            {
                return EnqueueResult.Full;
            }

            Append(packets);
            return EnqueueResult.Queued;
        }
    }

    /// <summary>
    /// Adds all, in turn: true when they were added at once, and the reader must be woken. Else <paramref name="turn"/> completes with true
    /// when they have been added, with false when the queue closes first; when it is cancelled, none was added. Senders that wait are
    /// served in the order in which they came. One that has to wait gets in when half of the queue is free.
    /// </summary>
    public bool TryEnqueueInTurn(ReadOnlySpan<EnginePacket> packets, CancellationToken cancellationToken, out ValueTask<bool> turn)
    {
        turn = ValueTask.FromResult(false);
        Turn waiting;
        lock (_lock)
        {
            if (_complete || _refusing)
            {
                return false;
            }

            if (_turns is null
                or { Count: 0 }
                && (_count == 0 || (FitsBeforeReserve(packets.Length) && _bytes < TurnBytes - (TurnBytes / 4))))
            {
                Append(packets);
                return true;
            }

            waiting = new Turn(this, packets.ToArray());
            (_turns ??= []).Add(waiting);
        }

        turn = new ValueTask<bool>(waiting.WaitAsync(cancellationToken));
        return false;
    }

    /// <summary>Puts a ping before everything that waits but the open packet. The reader must be woken.</summary>
    public void RequestPing()
    {
        lock (_lock)
        {
            _ping = !_complete;
        }
    }

    /// <summary>
    /// Takes packets in order while they fit into <paramref name="budget"/> bytes, by <see cref="EnginePacket.EncodedBound"/>. The
    /// <paramref name="first"/> take of a batch gives its first packet whatever its size. Only the reader calls.
    /// </summary>
    public Taken Take(Span<EnginePacket> destination, long budget, bool first)
    {
        lock (_lock)
        {
            var count = TakePackets(destination, budget, first);
            var taken = new Taken(count, _ping && _begun, _complete);
            _ping &= !_begun;
            if (count > 0)
            {
                _begun = true;
                _writing = true;
                ServeTurns();
            }

            return taken;
        }
    }

    /// <summary>All that was taken so far has been written. Only the reader calls.</summary>
    public void Written()
    {
        lock (_lock)
        {
            _writing = false;
        }
    }

    /// <summary>Accepts nothing more; what waits can still be taken. True when all has been written.</summary>
    public bool RefuseMore()
    {
        lock (_lock)
        {
            _refusing = true;
            EndTurns();
            return _count == 0 && !_writing;
        }
    }

    /// <summary>Drops what waits and ends everyone's waiting. The reader must be woken.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _complete = true;
            _ping = false;
            Drop();
            EndTurns();
        }
    }

    private bool FitsBeforeReserve(int packets) => _count + packets <= maxPackets - (maxPackets / 4);

    private bool TryOverdraw(ReadOnlySpan<EnginePacket> packets)
    {
        var bytes = 0L;
        foreach (ref readonly var packet in packets)
        {
            bytes += packet.Data.Length;
        }

        if (_overdraft + bytes > maxBytes / 4)
        {
            return false;
        }

        _overdraft += bytes;
        return true;
    }

    // Under the lock. A turn's continuations run elsewhere.
    private void ServeTurns()
    {
        while (_turns is [var next, ..] && (_count == 0 || (IsHalfEmpty() && FitsBeforeReserve(next.Packets.Length))))
        {
            _turns.RemoveAt(0);
            Append(next.Packets);
            next.TrySetResult(true);
        }
    }

    private void EndTurns()
    {
        foreach (var turn in _turns ?? [])
        {
            turn.TrySetResult(false);
        }

        _turns = null;
    }

    private bool TryGiveUp(Turn turn)
    {
        lock (_lock)
        {
            var isWaiting = _turns?.Remove(turn) ?? false;

            // The next in turn may be smaller and fit. The reader needs no wake-up: it has not taken everything yet.
            ServeTurns();
            return isWaiting;
        }
    }

    // What senders that wait share, but for the quarter that is kept.
    private long TurnBytes => _isShared ? Math.Min(SharedBytes, maxBytes) : maxBytes;

    private bool IsHalfEmpty() => _count <= maxPackets / 2 && _bytes <= TurnBytes / 2;

    private void Append(ReadOnlySpan<EnginePacket> packets)
    {
        foreach (ref readonly var packet in packets)
        {
            Append(packet);
        }
    }

    private void Append(in EnginePacket packet)
    {
        if (_ring is null || _count == _ring.Length)
        {
            Grow();
        }

        _ring[(_head + _count) & (_ring.Length - 1)] = packet;
        _count++;
        _bytes += packet.Data.Length;
    }

    private int TakePackets(Span<EnginePacket> destination, long budget, bool first)
    {
        var count = 0;
        while (count < destination.Length && _count > 0 && _ring is not null)
        {
            ref var packet = ref _ring[_head];
            budget -= packet.EncodedBound;
            if (budget < 0 && !(first && count == 0))
            {
                break;
            }

            destination[count++] = packet;
            _bytes -= packet.Data.Length;
            packet = default;
            _head = (_head + 1) & (_ring.Length - 1);
            _count--;
        }

        _overdraft = _bytes < maxBytes ? 0 : _overdraft;
        if (_count == 0)
        {
            Drop();
        }

        return count;
    }

    [MemberNotNull(nameof(_ring))]
    private void Grow()
    {
        // The pool's arrays have power-of-two lengths, which the index masks rely on.
        var larger = ArrayPool<EnginePacket>.Shared.Rent(_ring is null ? 16 : _ring.Length * 2);
        for (var i = 0; i < _count; i++)
        {
            larger[i] = _ring![(_head + i) & (_ring.Length - 1)];
        }

        if (_ring is not null)
        {
            ArrayPool<EnginePacket>.Shared.Return(_ring, clearArray: true);
        }

        _ring = larger;
        _head = 0;
    }

    private void Drop()
    {
        if (_ring is not null)
        {
            ArrayPool<EnginePacket>.Shared.Return(_ring, clearArray: _count > 0);
            _ring = null;
        }

        _head = 0;
        _count = 0;
        _bytes = 0;
    }

    /// <summary>One sender that waits, and what it sends.</summary>
    private sealed class Turn(OutboundQueue queue, EnginePacket[] packets)
        : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public EnginePacket[] Packets { get; } = packets;

        public async Task<bool> WaitAsync(CancellationToken cancellationToken)
        {
            await using var onCancel = cancellationToken.UnsafeRegister(static (state, token) => ((Turn)state!).GiveUp(token), this);
            return await Task;
        }

        private void GiveUp(CancellationToken cancellationToken)
        {
            if (queue.TryGiveUp(this))
            {
                TrySetCanceled(cancellationToken);
            }
        }
    }
}
