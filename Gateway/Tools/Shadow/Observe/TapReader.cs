using Gateway.Tools.Shadow.Forward;

namespace Gateway.Tools.Shadow.Observe;

/// <summary>
/// Reads the copies of all connections, one after the other, and so owns everything that is made of them. One loop, on a thread of its own:
/// no thread that serves a client is kept by it.
/// </summary>
internal sealed class TapReader(TapQueue queue, SessionAssembler sessions, ShadowCounters counters, int maxBody)
{
    private static readonly TimeSpan s_longAfter = TimeSpan.FromDays(1);

    private readonly HashSet<WireTap> _active = [];
    private DateTimeOffset _latest;

    /// <summary>Ends when the queue is completed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var chunk in queue.Reader.ReadAllAsync(cancellationToken))
        {
            _latest = chunk.Time;
            try
            {
                if (chunk.Kind == TapKind.Tick)
                {
                    Sweep(chunk.Time);
                    continue;
                }

                Take(chunk);
            }
            finally
            {
                queue.Release(chunk);
            }
        }

        // What is still open is as it is: later than anything that is waited for.
        sessions.Sweep(_latest + s_longAfter);
    }

    private void Take(in TapChunk chunk)
    {
        var tap = chunk.Tap;
        if (tap.State is not ObservedConnection connection)
        {
            // Only the beginning of a connection can be made sense of.
            if (tap.State is not null || tap.IsLost)
            {
                return;
            }

            tap.State = connection = new ObservedConnection(sessions, maxBody);
            _active.Add(tap);
        }

        connection.Take(chunk);
        if (connection.IsFailed)
        {
            counters.Drop(DropReason.Unreadable);
        }

        if (connection.IsFailed)
        {
            connection.Lose(chunk.Time);
        }

        if (connection.IsFailed || connection.IsOver)
        {
            Forget(tap);
        }
    }

    private void Forget(WireTap tap)
    {
        (tap.State as ObservedConnection)?.Dispose();
        tap.State = s_forgotten;
        _active.Remove(tap);
    }

    // A connection that is lost is not heard of again.
    private void Sweep(DateTimeOffset time)
    {
        foreach (var tap in _active.Where(static tap => tap.IsLost).ToList())
        {
            (tap.State as ObservedConnection)?.Lose(time);
            Forget(tap);
        }

        sessions.Sweep(time);
    }

    private static readonly object s_forgotten = new();
}
