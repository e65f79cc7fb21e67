using System.Collections.Concurrent;

namespace Gateway.Conversations.Sessions;

/// <summary>
/// Runs the cursors that have something to send, a few at a time on each of a few threads. An event for 1,000 clients would
/// otherwise put 1,000 work items before the next event's append, and every event would be a round of its own; so the next
/// ones are appended meanwhile, and the clients that come later in the round get them in the same write. Any thread.
/// </summary>
internal sealed class CursorScheduler : IThreadPoolWorkItem
{
    // About as many as run in the time that an append takes.
    private const int CursorsPerSlice = 16;

    private static readonly int s_maxWorkers = Environment.ProcessorCount;

    // Bounded by the cursors there are: each is in it once at most.
    private readonly ConcurrentQueue<Cursor> _ready = new();
    private int _workers;

    /// <summary>The cursor is run soon. The caller sees to it that it is not scheduled twice.</summary>
    public void Schedule(Cursor cursor)
    {
        _ready.Enqueue(cursor);
        TryAddWorker();
    }

    void IThreadPoolWorkItem.Execute()
    {
        for (var i = 0; i < CursorsPerSlice && _ready.TryDequeue(out var cursor); i++)
        {
            cursor.Run();
        }

        Interlocked.Decrement(ref _workers);
        if (!_ready.IsEmpty)
        {
            // Behind whatever has been queued meanwhile.
            TryAddWorker();
        }
    }

    private void TryAddWorker()
    {
        var workers = Volatile.Read(ref _workers);
        while (workers < s_maxWorkers)
        {
            var seen = Interlocked.CompareExchange(ref _workers, workers + 1, workers);
            if (seen == workers)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }

            workers = seen;
        }
    }
}
