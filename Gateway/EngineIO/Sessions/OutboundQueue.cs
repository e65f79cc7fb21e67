using System.Buffers;
using System.Diagnostics.CodeAnalysis;

using Gateway.EngineIO.Protocol;

namespace Gateway.EngineIO.Sessions;

/// <summary>What <see cref="OutboundQueue"/> did with packets given to it.</summary>
internal enum EnqueueResult
{
    /// <summary>Taken; the reader is at work and will find them.</summary>
    Queued,

    /// <summary>Taken; the reader had found the queue empty and must be woken.</summary>
    QueuedWakeReader,

    Full,

    /// <summary>Complete, or accepting nothing more because the session ends.</summary>
    Closed,
}

/// <summary>What <see cref="OutboundQueue.Take"/> found.</summary>
/// <param name="Count">Packets written to the destination.</param>
/// <param name="Ping">A ping is due and goes before them.</param>
/// <param name="IsComplete">The session is over; nothing more will come.</param>
/// <param name="IsNudged">Someone asked for the reader's attention.</param>
internal readonly record struct Taken(int Count, bool Ping, bool IsComplete, bool IsNudged)
{
    public bool IsEmpty => Count == 0 && !Ping && !IsComplete && !IsNudged;
}

/// <summary>
/// The packets that wait for one client, bounded in number and bytes. Any thread may add; one reader, the attached transport, takes.
/// Holds no memory while it is empty. Owned by its session.
/// </summary>
internal sealed class OutboundQueue(int maxPackets, long maxBytes)
{
    private readonly Lock _gate = new();
    private EnginePacket[]? _ring;
    private int _head;
    private int _count;
    private long _bytes;
    private bool _ping;
    private bool _begun;
    private bool _nudged;
    private bool _refusing;
    private bool _complete;
    private bool _readerWaits;
    private TaskCompletionSource<bool>? _roomWaiter;

    /// <summary>True when nothing waits; a packet that was taken may still be on its way out.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _count == 0;
            }
        }
    }

    public EnqueueResult TryEnqueue(in EnginePacket packet) => TryEnqueue(new ReadOnlySpan<EnginePacket>(in packet));

    /// <summary>All or none. One set of packets is always taken by an empty queue, so that no size is impossible to send.</summary>
    public EnqueueResult TryEnqueue(ReadOnlySpan<EnginePacket> packets)
    {
        lock (_gate)
        {
            if (_complete || _refusing)
            {
                return EnqueueResult.Closed;
            }

            if (_count > 0 && (_count + packets.Length > maxPackets || _bytes >= maxBytes))
            {
                return EnqueueResult.Full;
            }

            foreach (ref readonly var packet in packets)
            {
                Append(packet);
            }

            return WakesReader() ? EnqueueResult.QueuedWakeReader : EnqueueResult.Queued;
        }
    }

    /// <summary>Puts a ping before everything that waits but the open packet. True when the reader must be woken.</summary>
    public bool RequestPing()
    {
        lock (_gate)
        {
            _ping = !_complete;
            return _ping && WakesReader();
        }
    }

    /// <summary>Makes the reader look at itself, because it has something to write that is no packet. True when it must be woken.</summary>
    public bool Nudge()
    {
        lock (_gate)
        {
            _nudged = true;
            return WakesReader();
        }
    }

    /// <summary>
    /// Takes packets in order while they fit into <paramref name="budget"/> bytes, by <see cref="EnginePacket.EncodedBound"/>. The
    /// <paramref name="first"/> take of a batch gives its first packet whatever its size; and when there is nothing for it, the reader counts
    /// as waiting, must take no more, and is woken by the next packet. Only the reader calls.
    /// </summary>
    public Taken Take(Span<EnginePacket> destination, long budget, bool first)
    {
        TaskCompletionSource<bool>? roomWaiter;
        Taken taken;
        lock (_gate)
        {
            var count = TakePackets(destination, budget, first);
            taken = new Taken(count, _ping && _begun, _complete, _nudged);
            _ping &= !_begun;
            _begun |= count > 0;
            _nudged = false;
            _readerWaits = first && taken.IsEmpty;
            roomWaiter = count > 0 && IsHalfEmpty() ? TakeWaiter() : null;
        }

        roomWaiter?.TrySetResult(true);
        return taken;
    }

    /// <summary>
    /// True at once while a quarter of the queue is free (the rest is for those who cannot wait); else when half of it is; false when
    /// complete. One waiter at a time.
    /// </summary>
    public ValueTask<bool> WaitForRoomAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_complete || _refusing)
            {
                return ValueTask.FromResult(false);
            }

            if (_count <= maxPackets - 1 - (maxPackets / 4) && _bytes < maxBytes - (maxBytes / 4))
            {
                return ValueTask.FromResult(true);
            }

            // Continuations run elsewhere: whoever makes room is in the middle of sending.
            _roomWaiter ??= new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask<bool>(_roomWaiter.Task.WaitAsync(cancellationToken));
        }
    }

    /// <summary>Accepts nothing more; what waits can still be taken. True when nothing waits.</summary>
    public bool RefuseMore()
    {
        TaskCompletionSource<bool>? roomWaiter;
        bool isEmpty;
        lock (_gate)
        {
            _refusing = true;
            roomWaiter = TakeWaiter();
            isEmpty = _count == 0;
        }

        roomWaiter?.TrySetResult(false);
        return isEmpty;
    }

    /// <summary>Drops what waits and ends everyone's waiting. True when the reader must be woken.</summary>
    public bool Complete()
    {
        TaskCompletionSource<bool>? roomWaiter;
        bool wake;
        lock (_gate)
        {
            _complete = true;
            _ping = false;
            Drop();
            roomWaiter = TakeWaiter();
            wake = WakesReader();
        }

        roomWaiter?.TrySetResult(false);
        return wake;
    }

    private bool WakesReader()
    {
        var wake = _readerWaits;
        _readerWaits = false;
        return wake;
    }

    private bool IsHalfEmpty() => _count <= maxPackets / 2 && _bytes <= maxBytes / 2;

    private TaskCompletionSource<bool>? TakeWaiter()
    {
        var waiter = _roomWaiter;
        _roomWaiter = null;
        return waiter;
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
}
