using System.Collections.Concurrent;

using Gateway.Primitives;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// Runs the cursors that have something to send, a few at a time on each of a few workers. An event for 1,000 clients would
/// otherwise put 1,000 work items before the next event's append, and every event would be a round of its own; so the next
/// ones are appended meanwhile, and the clients that come later in the round get them in the same write. Any thread.
/// </summary>
internal sealed partial class CursorScheduler
{
    // About as many as run in the time that an append takes.
    private const int CursorsPerSlice = 8;

    // Bounded by the cursors there are: each is in it once at most.
    private readonly ConcurrentQueue<Cursor> _ready = new();
    private readonly Worker[] _workers;
    private uint _turn;

    public CursorScheduler(ILogger<CursorScheduler> logger)
    {
        _workers = new Worker[Environment.ProcessorCount];
        for (var i = 0; i < _workers.Length; i++)
        {
            _workers[i] = new Worker(this, logger);
        }
    }

    /// <summary>The cursor's <see cref="SerialWorker.Execute"/> is called soon, once.</summary>
    public void Schedule(Cursor cursor)
    {
        _ready.Enqueue(cursor);
        _workers[Interlocked.Increment(ref _turn) % (uint)_workers.Length].Wake();
    }

    private sealed class Worker(CursorScheduler scheduler, ILogger logger) : SerialWorker
    {
        protected override async ValueTask RunAsync()
        {
            while (true)
            {
                for (var i = 0; i < CursorsPerSlice; i++)
                {
                    if (!scheduler._ready.TryDequeue(out var cursor))
                    {
                        return;
                    }

                    cursor.Execute();
                }

                // Behind whatever has been queued meanwhile.
                await Task.Yield();
            }
        }

        // A cursor takes its own faults; this is a defect of ours, and would leave a part of the clients without events.
        protected override void OnFault(Exception exception) => Log.Failed(logger, exception);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Critical, "A worker that sends events has failed.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
