using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.SocketIO.Acks;

/// <summary>
/// The answers that one socket's client owes. Any thread. Whoever removes an entry decides it: the answer, the time-out, the
/// caller who gave up, or the socket's end.
/// </summary>
internal sealed class AckTable(TimeProvider timeProvider)
{
    /// <summary>A client that owes this many answers is asked nothing more.</summary>
    public const int MaxPending = 256;

    private readonly ConcurrentDictionary<long, PendingAck> _pending = new();
    private long _lastId = -1;
    private int _count;
    private bool _closed;

    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// Reserves an id, gives it to <paramref name="send"/>, and waits for the answer. When that gives false, the socket is gone; it may
    /// wait, and must not throw.
    /// </summary>
    public async Task<AckResult> AskAsync(Func<long, ValueTask<bool>> send, TimeSpan timeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.Increment(ref _count) > MaxPending)
        {
            Interlocked.Decrement(ref _count);
            return AckResult.Without(AckStatus.TooManyPending);
        }

        var id = Interlocked.Increment(ref _lastId);
        var pending = new PendingAck(this, id);
        _pending[id] = pending;
        await using var timer = timeProvider.CreateTimer(
            static state => ((PendingAck)state!).End(AckStatus.TimedOut), pending, timeout, Timeout.InfiniteTimeSpan);
        await using var cancelled = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingAck)state!).Cancel(token), pending);

        // Asked after the entry stands: an answer may come before send returns, and Close may run beside this. Not awaited: the time-out
        // counts while the event waits for capacity.
        _ = SendAsync(send, id, pending);
        return await pending.Task;
    }

    /// <summary>A client's answer. False for an id that nobody waits for: answered already, timed out, or made up.</summary>
    public bool TryAnswer(long id, ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        TryRemove(id, out var pending) && pending.TrySetResult(new AckResult(AckStatus.Answered, arguments, attachments));

    /// <summary>The socket has left: nothing will be answered any more.</summary>
    public void Close()
    {
        // A full fence: an entry added before this is seen below, one added later sees the flag.
        Interlocked.Exchange(ref _closed, true);
        foreach (var (_, pending) in _pending)
        {
            pending.End(AckStatus.Disconnected);
        }
    }

    private async Task SendAsync(Func<long, ValueTask<bool>> send, long id, PendingAck pending)
    {
        if (Volatile.Read(ref _closed) || !await send(id))
        {
            pending.End(AckStatus.Disconnected);
        }
    }

    private bool TryRemove(long id, [NotNullWhen(true)] out PendingAck? pending)
    {
        if (!_pending.TryRemove(id, out pending))
        {
            return false;
        }

        Interlocked.Decrement(ref _count);
        return true;
    }

    // Continuations run elsewhere: the read path and timers must not run the waiter's code.
    private sealed class PendingAck(AckTable table, long id)
        : TaskCompletionSource<AckResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public void End(AckStatus status)
        {
            if (table.TryRemove(id, out _))
            {
                TrySetResult(AckResult.Without(status));
            }
        }

        public void Cancel(CancellationToken token)
        {
            if (table.TryRemove(id, out _))
            {
                TrySetCanceled(token);
            }
        }
    }
}
