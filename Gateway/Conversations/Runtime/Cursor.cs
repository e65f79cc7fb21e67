using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Primitives;
using Gateway.SocketIO;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// A connection's position in its conversation's log: it reads what follows, sends it, and advances. Replay and live delivery are
/// the same walk, so there is no hand-over between them at which an event could be lost or given twice. It waits where its
/// client waits: what it has not sent yet stays in the log. Nothing runs while there is nothing to send; a wake-up
/// (<see cref="SerialWorker.Wake"/>) means that the log has grown, or may have. <see cref="ReplayAsync"/> is called once, before
/// <see cref="GoLive"/>; the other members from any thread.
/// </summary>
internal sealed partial class Cursor : SerialWorker
{
    private static readonly TimeSpan s_retryInterval = TimeSpan.FromSeconds(1);

    private readonly SocketConnection _socket;
    private readonly SharedReads _shared;
    private readonly TransientMessageQueue _transientMessages;
    private readonly InitState? _initState;
    private readonly EventFilter? _filter;
    private readonly SessionContext _context;
    private TaskCompletionSource? _ended;
    private RecentEventCache.Round? _passed;

    // Made when the store has failed for the first time.
    private ITimer? _retry;
    private volatile bool _live;
    private volatile bool _finishing;
    private int _next;

    /// <param name="position">
    /// The last id that the client says it has, and the log's head now: the replay ends there. A client that claims to have more has
    /// everything.
    /// </param>
    /// <param name="initState">For a client that waits for it; null for all others.</param>
    /// <param name="filter">The kinds that the client wants; null for all.</param>
    public Cursor(
        SocketConnection socket,
        SharedReads shared,
        (int LatestEventId, int Head) position,
        InitState? initState,
        EventFilter? filter,
        SessionContext context)
    {
        _socket = socket;
        _shared = shared;
        _initState = initState;
        _filter = filter;
        _context = context;
        _transientMessages = new TransientMessageQueue(context.Options.MaxPendingTransientMessages);
        ReplayThrough = position.Head;
        _next = Math.Min(position.LatestEventId, position.Head) + 1;
    }

    /// <summary>Whose position it is.</summary>
    public SocketConnection Socket => _socket;

    /// <summary>The last id of the replay. Settled when that has begun.</summary>
    public int ReplayThrough { get; private set; }

    /// <summary>The id of the last event that the client was given, or that it said it has; -1 before the first.</summary>
    public int Position => Volatile.Read(ref _next) - 1;

    /// <summary>Complete when the cursor will send nothing more.</summary>
    public Task Ended => EndedSource().Task;

    private ScopedLogger Logger => new(_context.Logger, _socket.Scope);

    /// <summary>How many events up to <paramref name="head"/> it has not sent yet. Any thread; may be a little old.</summary>
    public int LagBehind(int head) => Math.Max(0, head - Position);

    /// <summary>
    /// The CONNECT answer is queued: from here on events are sent as they come. Called by the session's loop, which counts the cursor in
    /// the rounds of the <see cref="RecentEventCache"/> that follow.
    /// </summary>
    public void GoLive()
    {
        _passed = _shared.Recent.CurrentRound;
        _live = true;
        Wake();
    }

    /// <summary>The log has grown, or may have. A needless call does no harm.</summary>
    public void OnGrown()
    {
        if (_live)
        {
            Wake();
        }
    }

    /// <summary>Shows something without an id, after the events that came before it.</summary>
    public void Notify(TransientMessage transientMessage)
    {
        if (!_transientMessages.Add(transientMessage))
        {
            _context.Metrics.TransientMessageDropped();
            Log.TransientMessageDropped(Logger);
        }

        OnGrown();
    }

    /// <summary>Sends what is due, then disconnects the client.</summary>
    public void Finish()
    {
        _finishing = true;
        OnGrown();
    }

    /// <summary>Disconnects a client that has not taken what was due; nothing happens when it has.</summary>
    public void Abandon()
    {
        if (!Ended.IsCompleted)
        {
            _socket.Disconnect();
        }
    }

    /// <summary>
    /// The client has left: the events that are kept for cursors need not wait for this one. Called by the session's loop.
    /// </summary>
    public void Leave()
    {
        if (_shared.Recent.CurrentRound is { } round)
        {
            Pass(round);
        }
    }

    protected override async ValueTask RunAsync()
    {
        try
        {
            if (!await DrainAsync())
            {
                Stop();
            }
            else if (_shared.Recent.CurrentRound is { } round && _next > round.Through)
            {
                Pass(round);
            }
        }
        catch (StorageException exception) when (exception.MayPass)
        {
            // It stays where it stands until the store is back; its client need know nothing of it.
            Log.DeliveryWaits(Logger, SmallWords.Of(exception.Failure));
            _retry ??= _context.TimeProvider.CreateTimer(
                static state => ((Cursor)state!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _retry.Change(Jitter.Around(s_retryInterval), Timeout.InfiniteTimeSpan);
        }
    }

    protected override void OnFault(Exception exception)
    {
        // The client reconnects with the last id it has and goes on from there; a cursor that is stuck would be silent.
        if (!_socket.Closing.IsCancellationRequested)
        {
            Log.DeliveryFailed(Logger, exception);
            _socket.Disconnect();
        }
    }

    protected override void OnStopped()
    {
        _retry?.Dispose();
        EndedSource().TrySetResult();
    }

    protected override void Schedule() => _context.Scheduler.Schedule(this);

    // Once for each round: the run that has sent everything and the client's leaving may come at the same time.
    private void Pass(RecentEventCache.Round round)
    {
        if (Interlocked.Exchange(ref _passed, round) != round)
        {
            _shared.Recent.Pass(round);
        }
    }

    // Made when it is first asked for, at the end: an idle client does without.
    private TaskCompletionSource EndedSource() => LazyInitializer.EnsureInitialized(
        ref _ended, static () => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Sends all that there is. False when there will never be more to send: the client is gone, or was told so.</summary>
    private async ValueTask<bool> DrainAsync()
    {
        int? due = null;
        while (true)
        {
            // First: what came before the order to finish is then seen below.
            var finishing = _finishing;
            if (_transientMessages.TryTakeDue(due ?? _next, out var transientMessage))
            {
                if (!await _socket.SendAsync(new[] { transientMessage.Prepared }, _socket.Closing))
                {
                    return false;
                }

                continue;
            }

            var nextTransientMessage = _transientMessages.NextAfterId;
            var through = Math.Min(_shared.Recent.ShownThrough, nextTransientMessage);
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
            else if (nextTransientMessage == int.MaxValue)
            {
                _socket.Disconnect();
                return false;
            }
            else
            {
                // It waits for events of other gateways that nobody will show any more.
                due = int.MaxValue;
            }
        }
    }

    private async ValueTask<bool> DeliverAsync(int through)
    {
        using var span = ConversationTraces.StartDeliver(_socket, _shared.Recent.Appends, _next, through);

        // What is kept for all is not for a client that must be told something in between.
        ReadOnlyMemory<PreparedEvent> events = default;
        var nextId = 0;
        if (_initState is { IsTold: false } || !_shared.Recent.TryRead(_next, through, _filter, out events, out nextId))
        {
            using var page = await _shared.Log.ReadAsync(_next, through, _socket.Closing);
            var batch = _socket.CreateBatch(EventPackets.EventName);
            EventPackets.AddLive(batch, page.Events, _filter, _initState);

            ReportCorrupt(page);
            events = batch.Build();
            nextId = Math.Min(page.NextId, through + 1);
        }

        if (!events.IsEmpty)
        {
            if (!await _socket.SendAsync(events, _socket.Closing))
            {
                return false;
            }

            _context.Metrics.Delivered(events.Length);
        }

        _next = nextId;
        return true;
    }

    /// <summary>The log is told of every event that is left out; the client of those that are sound for all we know.</summary>
    private void ReportCorrupt(EventPage page)
    {
        foreach (var corrupt in page.Corrupt)
        {
            Log.CorruptEvent(Logger, corrupt.Id, corrupt.Problem);
            if (!corrupt.IsDenied)
            {
                continue;
            }

            Notify(new TransientMessage(
                EventPackets.TransientMessage(TransientMessages.Error($"Event {corrupt.Id} cannot be shown: {corrupt.Problem}.")),
                corrupt.Id));
        }
    }
}
