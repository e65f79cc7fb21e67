using Gateway.EngineIO.Admission;

namespace Gateway.SocketIO.Namespaces;

/// <summary>What became of an event that was to be queued.</summary>
internal enum EnqueueStatus
{
    Queued,

    /// <summary>One more event of this size would pass a bound of the queue.</summary>
    Full,

    /// <summary>All clients together hold as much before their CONNECT answer as they may.</summary>
    BudgetSpent,
}

/// <summary>
/// The events of one socket that wait for its handler, bounded in number and bytes. While its client is a stranger what it holds counts
/// against the inbound budget too: until <see cref="Admit"/>, when it was made with one. Not thread-safe: its owner's lock guards it.
/// </summary>
internal sealed class EventQueue(SocketIOOptions options, InboundBudget? budget) : IDisposable
{
    // About what an event takes beside its bytes.
    private const int EventOverhead = 128;

    private readonly Queue<IncomingEvent> _events = new();
    private InboundHold? _hold = budget is null ? null : new InboundHold(budget);
    private long _bytes;

    public bool IsEmpty => _events.Count == 0;

    public int Count => _events.Count;

    public long Bytes => _bytes;

    /// <summary>Whether so many events of so many bytes leave no room for this one. Where there is none, any has room.</summary>
    public static bool IsFull(SocketIOOptions options, int count, long bytes, in IncomingEvent incoming) =>
        count > 0 && (count >= options.MaxQueuedEvents || bytes + incoming.Size > options.MaxQueuedBytes);

    /// <summary>An empty queue takes one event of any size.</summary>
    public EnqueueStatus TryEnqueue(in IncomingEvent incoming)
    {
        if (IsFull(options, _events.Count, _bytes, incoming))
        {
            return EnqueueStatus.Full;
        }

        if (!TryHold(incoming.Size + EventOverhead))
        {
            return EnqueueStatus.BudgetSpent;
        }

        Enqueue(incoming);
        return EnqueueStatus.Queued;
    }

    /// <summary>Takes an event whatever the bounds say: it has been read, and its connection is over.</summary>
    public void Enqueue(in IncomingEvent incoming)
    {
        _events.Enqueue(incoming);
        _bytes += incoming.Size;
    }

    /// <summary>Holds more bytes on behalf of the stranger. False when the budget is spent.</summary>
    public bool TryHold(long bytes) => _hold?.TryGrow(bytes) ?? true;

    /// <summary>The client is let in: nothing of it counts against the inbound budget from now on.</summary>
    public void Admit()
    {
        _hold?.Dispose();
        _hold = null;
    }

    public IncomingEvent Dequeue()
    {
        var incoming = _events.Dequeue();
        _bytes -= incoming.Size;
        return incoming;
    }

    /// <summary>Drops what waits.</summary>
    public void Dispose()
    {
        _events.Clear();
        _bytes = 0;
        Admit();
    }
}
