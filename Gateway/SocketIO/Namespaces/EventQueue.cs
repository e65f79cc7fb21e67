namespace Gateway.SocketIO.Namespaces;

/// <summary>Events that wait, counted in events and bytes. Not thread-safe: its owner's lock guards it.</summary>
internal sealed class EventQueue(SocketIOOptions options)
{
    private readonly Queue<IncomingEvent> _events = new();
    private long _bytes;

    public bool IsEmpty => _events.Count == 0;

    /// <summary>True when one more event of this size would pass a bound. An empty queue has room for one of any size.</summary>
    public bool IsFullFor(in IncomingEvent incoming) =>
        _events.Count > 0 && (_events.Count >= options.MaxQueuedEvents || _bytes + incoming.Size > options.MaxQueuedBytes);

    public void Enqueue(in IncomingEvent incoming)
    {
        _events.Enqueue(incoming);
        _bytes += incoming.Size;
    }

    public IncomingEvent Dequeue()
    {
        var incoming = _events.Dequeue();
        _bytes -= incoming.Size;
        return incoming;
    }
}
