namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// Events of one connection for namespaces that it has not asked to connect to yet: clients that speak by hand send them with
/// their CONNECT, or before it. Not thread-safe: the session's lock guards it.
/// </summary>
internal sealed class EarlyEvents(SocketIOOptions options)
{
    private readonly Dictionary<string, EventQueue> _queues = new(1, StringComparer.Ordinal);

    /// <summary>False when that would be more than may wait.</summary>
    public bool TryKeep(string namespaceName, in IncomingEvent incoming)
    {
        if (!_queues.TryGetValue(namespaceName, out var queue))
        {
            _queues[namespaceName] = queue = new EventQueue(options);
        }

        if (queue.IsFullFor(incoming))
        {
            return false;
        }

        queue.Enqueue(incoming);
        return true;
    }

    /// <summary>Hands the events of a namespace over; null when there are none.</summary>
    public EventQueue? Take(string namespaceName)
    {
        _queues.Remove(namespaceName, out var queue);
        return queue;
    }
}
