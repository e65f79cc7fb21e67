namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// Events of one connection for namespaces that it has not asked to connect to yet: clients that speak by hand send them with
/// their CONNECT, or before it. All of them together are bounded as one socket's are, and those of a namespace are dropped when its CONNECT
/// has not come within <see cref="SocketIOOptions.ConnectTimeout"/> of the first. The read path calls; the timers come from any thread.
/// </summary>
/// <param name="server">Its options, its budget and its clock.</param>
/// <param name="dropped">Told when the events of a namespace have waited too long.</param>
internal sealed class PreConnectEvents(SocketServer server, Action dropped) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Kept> _kept = new(1, StringComparer.Ordinal);

    /// <summary>Keeps an event until the CONNECT to its namespace comes. While nothing is kept one of any size is taken.</summary>
    public EnqueueStatus TryEnqueue(string namespaceName, in IncomingEvent incoming)
    {
        var options = server.Options;
        lock (_lock)
        {
            var queues = _kept.Values.Select(static kept => kept.Queue);
            if (EventQueue.IsFull(options, queues.Sum(static queue => queue.Count), queues.Sum(static queue => queue.Bytes), incoming))
            {
                return EnqueueStatus.Full;
            }

            if (!_kept.TryGetValue(namespaceName, out var kept))
            {
                if (_kept.Count >= options.MaxNamespaces)
                {
                    return EnqueueStatus.Full;
                }

                _kept[namespaceName] = kept = new Kept(namespaceName, new EventQueue(options, server.InboundBudget));
                kept.Start(this, server);
            }

            return kept.Queue.TryEnqueue(incoming);
        }
    }

    /// <summary>Hands the events of a namespace over; null when there are none.</summary>
    public EventQueue? Take(string namespaceName)
    {
        lock (_lock)
        {
            return _kept.TryGetValue(namespaceName, out var kept) ? Remove(kept) : null;
        }
    }

    /// <summary>Drops all that nobody has taken.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var kept in _kept.Values.ToArray())
            {
                Remove(kept).Dispose();
            }
        }
    }

    // Under the lock.
    private EventQueue Remove(Kept kept)
    {
        _kept.Remove(kept.Name);
        kept.Dispose();
        return kept.Queue;
    }

    private void TimeOut(Kept kept)
    {
        lock (_lock)
        {
            if (!_kept.TryGetValue(kept.Name, out var present) || present != kept)
            {
                return;
            }

            Remove(kept).Dispose();
        }

        dropped();
    }

    /// <summary>What is kept for one namespace.</summary>
    private sealed class Kept(string name, EventQueue queue) : IDisposable
    {
        private ITimer? _timer;

        public string Name => name;

        public EventQueue Queue => queue;

        public void Start(PreConnectEvents owner, SocketServer server) => _timer = server.TimeProvider.CreateTimer(
            state => owner.TimeOut((Kept)state!), this, server.Options.ConnectTimeout, Timeout.InfiniteTimeSpan);

        public void Dispose() => _timer?.Dispose();
    }
}
