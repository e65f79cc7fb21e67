using Gateway.Conversations.Replay;
using Gateway.Conversations.Storage;
using Gateway.Primitives;
using Gateway.SocketIO;

namespace Gateway.Conversations.Sessions;

/// <summary>
/// A connection's place in its conversation's log: it reads what follows, sends it, and advances. Replay and live delivery are
/// the same walk, so there is no hand-over between them at which an event could be lost or given twice. It waits where its
/// client waits: what it has not sent yet stays in the log. Nothing runs while there is nothing to send.
/// <see cref="ReplayAsync"/> is called once, before <see cref="GoLive"/>; the other members from any thread.
/// </summary>
internal sealed partial class Cursor
{
    private const int Idle = 0;
    private const int Running = 1;
    private const int RunAgain = 2;

    private readonly SocketConnection _socket;
    private readonly IEventLog _log;
    private readonly LiveTail _tail;
    private readonly NoticeQueue _notices;
    private readonly SessionServices _services;
    private TaskCompletionSource? _ended;
    private volatile bool _live;
    private volatile bool _finishing;
    private int _state;
    private int _next;

    /// <param name="position">The last id that the client says it has, and the log\'s head now: the replay ends there. A client that claims to have more has everything.</param>
    public Cursor(
        SocketConnection socket, IEventLog log, LiveTail tail, (int LatestEventId, int Head) position, SessionServices services)
    {
        _socket = socket;
        _log = log;
        _tail = tail;
        _services = services;
        _notices = new NoticeQueue(services.Options.MaxPendingNotices);
        ReplayThrough = position.Head;
        _next = Math.Min(position.LatestEventId, position.Head) + 1;
    }

    /// <summary>The last id of the replay.</summary>
    public int ReplayThrough { get; }

    /// <summary>Complete when the cursor will send nothing more.</summary>
    public Task Ended => EndedSource().Task;

    private ScopedLogger Logger => new(_services.Logger, _socket.Scope);

    /// <summary>
    /// Sends the history. False when the client has gone. Disk errors are thrown. The client may take its time, the store may not:
    /// <paramref name="limit"/> runs while the store reads, what is left of it for the first page, <paramref name="timeout"/> for each that follows.
    /// </summary>
    public async ValueTask<bool> ReplayAsync(
        bool agentStateLast, CancellationTokenSource limit, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_next > ReplayThrough)
        {
            return true;
        }

        var batch = new PreparedEventBatch(EventFrames.EventName);
        var writer = new ReplayWriter(stored => EventFrames.AddReplayed(batch, stored), agentStateLast);
        while (_next <= ReplayThrough)
        {
            using (var page = await ReadAsync(limit.Token).WaitAsync(limit.Token))
            {
                foreach (var stored in page.Events)
                {
                    writer.Add(stored);
                }

                writer.KeepHeld();
                ReportCorrupt(page);
                _next = page.NextId;
            }

            limit.CancelAfter(Timeout.InfiniteTimeSpan);
            if (batch.Count > 0 && !await _socket.SendAsync(batch.Build(), cancellationToken))
            {
                return false;
            }

            limit.CancelAfter(timeout);
        }

        // A page may reach past the end of the replay when the log has grown meanwhile; the walk goes on where the replay ends.
        _next = ReplayThrough + 1;
        writer.End();
        return batch.Count == 0 || await _socket.SendAsync(batch.Build(), cancellationToken);
    }

    /// <summary>The CONNECT answer is queued: from here on events are sent as they come.</summary>
    public void GoLive()
    {
        _live = true;
        Wake();
    }

    private async Task<EventPage> ReadAsync(CancellationToken cancellationToken)
    {
        // A disk that hangs keeps the thread that asks it: not the one that must give up in time.
        await Task.Yield();
        return await _log.ReadAsync(_next, ReplayThrough, cancellationToken);
    }

    /// <summary>The log has grown, or may have: look again. A wake-up carries no information, so a needless one does no harm.</summary>
    public void Wake()
    {
        if (_live && Interlocked.Exchange(ref _state, RunAgain) == Idle)
        {
            _services.Scheduler.Schedule(this);
        }
    }

    /// <summary>Shows something without an id, after the events that came before it.</summary>
    public void Notify(Notice notice)
    {
        if (!_notices.Add(notice))
        {
            Log.NoticeDropped(Logger);
        }

        Wake();
    }

    /// <summary>Sends what is due, then disconnects the client.</summary>
    public void Finish()
    {
        _finishing = true;
        Wake();
    }

    /// <summary>Disconnects a client that has not taken what was due; nothing happens when it has.</summary>
    public void Abandon()
    {
        if (!Ended.IsCompleted)
        {
            _socket.Disconnect();
        }
    }

    /// <summary>Sends what there is to send. Called by the scheduler alone.</summary>
    public void Run() => _ = RunAsync();

    // Made when it is first asked for, at the end: an idle client does without.
    private TaskCompletionSource EndedSource() => LazyInitializer.EnsureInitialized(
        ref _ended, static () => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task RunAsync()
    {
        do
        {
            // A full fence: what is looked at from here on is newer than the wake-ups that this overwrites.
            Interlocked.Exchange(ref _state, Running);
            try
            {
                if (!await DrainAsync())
                {
                    EndedSource().TrySetResult();
                    return;
                }
            }
            catch (Exception exception)
            {
                // The client reconnects with the last id it has and goes on from there; a cursor that is stuck would be silent.
                if (!_socket.Closing.IsCancellationRequested)
                {
                    Log.DeliveryFailed(Logger, exception);
                    _socket.Disconnect();
                }

                EndedSource().TrySetResult();
                return;
            }
        }
        while (Interlocked.CompareExchange(ref _state, Idle, Running) != Running);
    }

    /// <summary>Sends all that there is. False when there will never be more to send: the client is gone, or was told so.</summary>
    private async ValueTask<bool> DrainAsync()
    {
        while (true)
        {
            // First: what came before the order to finish is then seen below.
            var finishing = _finishing;
            if (_notices.TryTakeDue(_next, out var notice))
            {
                if (!await _socket.SendAsync(new[] { notice.Prepared }, _socket.Closing))
                {
                    return false;
                }

                continue;
            }

            var nextNotice = _notices.NextAfterId;
            var through = Math.Min(_log.Head, nextNotice);
            if (_next <= through)
            {
                if (!await DeliverAsync(through))
                {
                    return false;
                }
            }
            else if (!finishing)
            {
                return true;
            }
            else if (nextNotice == int.MaxValue)
            {
                _socket.Disconnect();
                return false;
            }
        }
    }

    private async ValueTask<bool> DeliverAsync(int through)
    {
        if (!_tail.TryRead(_next, through, out var events, out var nextId))
        {
            using var page = await _log.ReadAsync(_next, through, _socket.Closing);
            var batch = new PreparedEventBatch(EventFrames.EventName);
            foreach (var stored in page.Events)
            {
                EventFrames.AddLive(batch, stored);
            }

            ReportCorrupt(page);
            events = batch.Build();
            nextId = Math.Min(page.NextId, through + 1);
        }

        if (!events.IsEmpty && !await _socket.SendAsync(events, _socket.Closing))
        {
            return false;
        }

        _next = nextId;
        return true;
    }

    private void ReportCorrupt(EventPage page)
    {
        foreach (var corrupt in page.Corrupt)
        {
            Log.CorruptEvent(Logger, corrupt.Id, corrupt.Problem);
        }
    }
}
