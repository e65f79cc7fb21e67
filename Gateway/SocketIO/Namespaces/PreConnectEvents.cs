using Gateway.EngineIO.Admission;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// Events of one connection for namespaces that it has not asked to connect to yet: clients that speak by hand send them with
/// their CONNECT, or before it. Owned by the read path, which alone calls.
/// </summary>
internal sealed class PreConnectEvents(SocketIOOptions options, InboundBudget budget) : IDisposable
{
    private readonly Dictionary<string, EventQueue> _queues = new(1, StringComparer.Ordinal);

    /// <summary>Keeps an event until the CONNECT to its namespace comes.</summary>
    public EnqueueStatus TryEnqueue(string namespaceName, in IncomingEvent incoming)
    {
        if (!_queues.TryGetValue(namespaceName, out var queue))
        {
            if (_queues.Count >= options.MaxNamespaces)
            {
                return EnqueueStatus.Full;
            }

            _queues[namespaceName] = queue = new EventQueue(options, budget);
        }

        return queue.TryEnqueue(incoming);
    }

    /// <summary>Hands the events of a namespace over; null when there are none.</summary>
    public EventQueue? Take(string namespaceName)
    {
        _queues.Remove(namespaceName, out var queue);
        return queue;
    }

    /// <summary>Drops all that nobody has taken.</summary>
    public void Dispose()
    {
        foreach (var queue in _queues.Values)
        {
            queue.Dispose();
        }

        _queues.Clear();
    }
}
