using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// The threads on which the store's blocking calls run: .NET has no asynchronous file calls for these systems, and a disk that hangs must
/// not keep the thread pool's threads. Each call has a time limit, after which its caller is told and only the thread still waits. A
/// conversation has a few threads at most, so one that hangs leaves the others theirs; threads that hang are replaced, up to a bound.
/// Where nothing is synced to the disk a call borrows a thread of the pool, as long as not half of the pool's are lent: waking another
/// thread costs more than a short call, above all while the processors are busy delivering what it brings (a fan-out to 1,000 clients took
/// twice the CPU time, because fewer events went into each write). Any thread may call.
/// </summary>
internal sealed partial class StorageThreads : IDisposable
{
    /// <summary>Reads of one conversation at a time. Two, so that a large event does not hold up those behind it.</summary>
    public const int MaxReadsOfAConversation = 2;

    /// <summary>Calls of one conversation that wait for their turn; more are refused. Each client has one at most.</summary>
    public const int MaxWaitingOfAConversation = 10_000;

    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(25);

    // A thread whose call takes longer is not counted on for others: a new one takes its place. Two ticks.
    private static readonly TimeSpan s_slowAfter = 2 * s_tick;

    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly int _threads;
    private readonly int _maxThreads;
    private readonly TimeSpan _readTimeout;
    private readonly TimeSpan _appendTimeout;
    private readonly ITimer _timer;

    // Guards everything below.
    private readonly Lock _lock = new();
    private readonly Dictionary<(ConversationKey, StorageCallKind), Lane> _lanes = [];

    // Bounded by the lanes: each has a few calls in it at most.
    private readonly Queue<StorageCall> _ready = [];
    private readonly List<OwnStorageWorker> _workers = [];

    // Of the pool's threads: how many may hang, and those that are not lent.
    private readonly BorrowedStorageWorker[] _borrowed;
    private readonly Stack<BorrowedStorageWorker> _lendable;
    private readonly Stack<OwnStorageWorker> _idle = [];
    private int _slow;
    private bool _isTicking;
    private bool _isDisposed;

    public StorageThreads(IOptions<FileStorageOptions> options, TimeProvider timeProvider, ILogger<StorageThreads> logger)
    {
        _timeProvider = timeProvider;
        _logger = logger;
        _threads = Math.Max(4, 2 * Environment.ProcessorCount);
        _maxThreads = Math.Max(_threads, options.Value.MaxThreads);
        _readTimeout = options.Value.ReadTimeout;
        _appendTimeout = options.Value.AppendTimeout;
        var lent = options.Value.Durability == Durability.Os ? Environment.ProcessorCount / 2 : 0;
        _borrowed = [.. Enumerable.Range(0, lent).Select(_ => new BorrowedStorageWorker(Return))];
        _lendable = new Stack<BorrowedStorageWorker>(_borrowed);
        _timer = timeProvider.CreateTimer(
            static state => ((StorageThreads)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Threads there are now, idle ones included.</summary>
    public int ThreadCount
    {
        get
        {
            lock (_lock)
            {
                return _workers.Count;
            }
        }
    }

    /// <summary>For a metric that somebody reads, not for each call.</summary>
    public StorageFigures Measure()
    {
        lock (_lock)
        {
            return new StorageFigures(
                _workers.Count, _slow, _ready.Count + _lanes.Values.Sum(static lane => lane.Waiting?.Count ?? 0));
        }
    }

    /// <summary>
    /// Runs a blocking call. The wait ends with its result, with a <see cref="StorageException"/> when the kind's time limit has passed, or
    /// with the token; the call itself goes on to its end. An append whose turn has come when its time is over fails with
    /// <see cref="StorageFailure.Unknown"/>, because it may still be done; one that waited for its turn is never begun.
    /// </summary>
    /// <param name="late">Told when a call has ended that nobody waited for any more, whatever came of it. Must not block or throw.</param>
    public ValueTask<TResult> RunAsync<TState, TResult>(
        ConversationKey key,
        StorageCallKind kind,
        TState state,
        Func<TState, TResult> run,
        CancellationToken cancellationToken,
        Action<TState>? late = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var limit = kind == StorageCallKind.Append ? _appendTimeout : _readTimeout;
        var call = new StorageCall<TState, TResult>(key, kind, limit, state, run, late) { AskedAt = _timeProvider.GetTimestamp() };
        call.CancelWith(cancellationToken);
        Submit(call)?.Wake();
        return call.Task;
    }

    public void Dispose()
    {
        OwnStorageWorker[] idle;
        lock (_lock)
        {
            _isDisposed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        foreach (var worker in idle)
        {
            worker.Wake();
        }

        _timer.Dispose();
    }

    /// <summary>The worker that is to be woken for it, if any.</summary>
    private StorageWorker? Submit(StorageCall call)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            StartTicking();
            if (!_lanes.TryGetValue((call.Key, call.Kind), out var lane))
            {
                lane = new Lane();
                _lanes.Add((call.Key, call.Kind), lane);
            }

            if (lane.Running < (call.Kind == StorageCallKind.Append ? 1 : MaxReadsOfAConversation))
            {
                lane.Running++;
                return Assign(call);
            }

            lane.Waiting ??= [];
            if (lane.Waiting.Count < MaxWaitingOfAConversation)
            {
                lane.Waiting.Enqueue(call);
                return null;
            }
        }

        call.TryFail(new StorageException(StorageFailure.Busy, "too many wait for this conversation's events already"));
        return null;
    }

    /// <summary>Gives a call that may run to an idle thread, to a new one, or to whichever is free first. Under the lock.</summary>
    private StorageWorker? Assign(StorageCall call)
    {
        if (_lendable.TryPop(out var lent))
        {
            lent.Give(call, call.AskedAt);
            return lent;
        }

        if (_idle.TryPop(out var worker))
        {
            worker.Give(call, call.AskedAt);
            return worker;
        }

        _ready.Enqueue(call);
        AddWorkers();
        return null;
    }

    /// <summary>Starts threads for what is ready, as long as there are too few that make progress. Under the lock.</summary>
    private void AddWorkers()
    {
        for (var i = 0; i < _ready.Count && _workers.Count - _slow < _threads && _workers.Count < _maxThreads; i++)
        {
            var worker = new OwnStorageWorker(Next);
            _workers.Add(worker);
            worker.Start();
        }
    }

    /// <summary>What the worker does next; null when it ends.</summary>
    private StorageCall? Next(OwnStorageWorker worker)
    {
        if (worker.Current is { } done && Finish(worker, done))
        {
            Log.Answered(_logger, done.Key.Id);
        }

        lock (_lock)
        {
            if (TakeReady() is { } ready)
            {
                worker.Give(ready, _timeProvider.GetTimestamp());
                return ready;
            }

            if (_isDisposed || _workers.Count - _slow > _threads)
            {
                _workers.Remove(worker);
                return null;
            }

            _idle.Push(worker);
        }

        worker.Sleep();
        lock (_lock)
        {
            if (worker.Current is null)
            {
                // Woken to end.
                _workers.Remove(worker);
            }

            return worker.Current;
        }
    }

    /// <summary>A borrowed thread has ended its call: it is given what has become ready, or goes back.</summary>
    private void Return(BorrowedStorageWorker worker, StorageCall done)
    {
        if (Finish(worker, done))
        {
            Log.Answered(_logger, done.Key.Id);
        }

        lock (_lock)
        {
            if (TakeReady() is not { } ready)
            {
                _lendable.Push(worker);
                return;
            }

            worker.Give(ready, _timeProvider.GetTimestamp());
        }

        worker.Wake();
    }

    /// <summary>The worker's call has ended. True when that had been given up.</summary>
    private bool Finish(StorageWorker worker, StorageCall done)
    {
        lock (_lock)
        {
            worker.Current = null;
            Release(done);
            if (worker.IsSlow)
            {
                worker.IsSlow = false;
                _slow--;
            }

            var wasHanging = worker.IsHanging;
            worker.IsHanging = false;
            return wasHanging;
        }
    }

    /// <summary>The next call that somebody still waits for. Under the lock.</summary>
    private StorageCall? TakeReady()
    {
        while (_ready.TryDequeue(out var call))
        {
            if (!call.IsCompleted)
            {
                return call;
            }

            Release(call);
        }

        return null;
    }

    /// <summary>A call's place in its lane is free: the next one's turn. Under the lock.</summary>
    private void Release(StorageCall call)
    {
        var lane = _lanes[(call.Key, call.Kind)];
        lane.Running--;
        while (lane.Waiting?.TryDequeue(out var waiting) == true)
        {
            if (!waiting.IsCompleted)
            {
                lane.Running++;
                _ready.Enqueue(waiting);
                return;
            }
        }

        if (lane.Running == 0)
        {
            _lanes.Remove((call.Key, call.Kind));
        }
    }

    /// <summary>The timer runs only while there are calls. Under the lock.</summary>
    private void StartTicking()
    {
        if (!_isTicking)
        {
            _isTicking = true;
            _timer.Change(s_tick, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Ends the waits whose time is over, and adds threads where those there are make no progress.</summary>
    private void Tick()
    {
        var hanging = new List<StorageCall>();
        int threads;
        lock (_lock)
        {
            foreach (var worker in _workers.Concat<StorageWorker>(_borrowed))
            {
                Look(worker, hanging);
            }

            // Under the lock, so that none of them is begun meanwhile. Whoever waits goes on elsewhere.
            foreach (var ready in _ready.Where(IsLate))
            {
                ready.TryFail(TimedOut());
            }

            foreach (var lane in _lanes.Values)
            {
                while (lane.Waiting?.TryPeek(out var waiting) == true && (waiting.IsCompleted || IsLate(waiting)))
                {
                    lane.Waiting.Dequeue().TryFail(TimedOut());
                }
            }

            AddWorkers();
            threads = _workers.Count;
            _isTicking = false;
            if (_lanes.Count > 0 && !_isDisposed)
            {
                StartTicking();
            }
        }

        foreach (var call in hanging)
        {
            call.TryFail(call.Kind == StorageCallKind.Append
                ? new StorageException(StorageFailure.Unknown, "the store did not answer in time and may still do it")
                : TimedOut());
            Log.Hangs(_logger, call.Key.Id, call.Kind, threads, _maxThreads);
        }
    }

    private static StorageException TimedOut() => new(StorageFailure.TimedOut, "the store did not answer in time");

    /// <summary>Notes whether a worker's call takes long, and whether it has just become late. Under the lock.</summary>
    private void Look(StorageWorker worker, List<StorageCall> hanging)
    {
        if (worker.Current is not { } running)
        {
            return;
        }

        if (worker is not BorrowedStorageWorker && !worker.IsSlow && _timeProvider.GetElapsedTime(worker.StartedAt) >= s_slowAfter)
        {
            worker.IsSlow = true;
            _slow++;
        }

        if (!worker.IsHanging && IsLate(running))
        {
            worker.IsHanging = true;
            hanging.Add(running);
        }
    }

    private bool IsLate(StorageCall call) => _timeProvider.GetElapsedTime(call.AskedAt) >= call.Limit;

    /// <summary>The calls of one kind of one conversation.</summary>
    private sealed class Lane
    {
        public int Running { get; set; }

        public Queue<StorageCall>? Waiting { get; set; }
    }
}
