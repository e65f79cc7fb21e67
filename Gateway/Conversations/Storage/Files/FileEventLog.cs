using Gateway.Conversations.Events;

namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// One conversation's events as V0 keeps them: a file for each event, and page files of 25 that spare the reader 24 opens. It holds no
/// file open, and in memory no more than the page that is being filled, as long as the garbage collector leaves it. Reads come from any
/// thread, appends from one owner at a time.
/// </summary>
internal sealed partial class FileEventLog : IEventLog
{
    // A listing may miss what is created while it runs. More cannot be appended in the time that a listing takes.
    private const int MaxMissedByListing = 1_000;

    // So long an event of V0 may take from its name to its last byte; after that it is one that a crash has cut.
    private static readonly TimeSpan s_writeTime = TimeSpan.FromSeconds(2);

    private readonly Durability _durability;
    private readonly StorageThreads _threads;
    private readonly LogWatcher _watcher;
    private readonly ILogger _logger;
    private readonly EventPageReader _reader;
    private readonly StoredIds _ids;
    private readonly PageDraft _page = new();

    // Guards the adding of ids, which the appending owner and whoever looks for others' events both do.
    private readonly Lock _lock = new();
    private Action? _grown;
    private volatile LogWatcher.Watch? _watch;

    /// <summary>Lists what is stored: to be called on a storage thread.</summary>
    /// <param name="removeOlderThan">Temporary files from before this were left by a crash.</param>
    public FileEventLog(
        ConversationKey key,
        ConversationPaths paths,
        Durability durability,
        DateTimeOffset removeOlderThan,
        StorageThreads threads,
        LogWatcher watcher,
        ILogger logger)
    {
        Key = key;
        Paths = paths;
        _durability = durability;
        _threads = threads;
        _watcher = watcher;
        _logger = logger;
        _reader = new EventPageReader(paths);
        _ids = new StoredIds(List(removeOlderThan).Ascending());
    }

    public ConversationKey Key { get; }

    public ConversationPaths Paths { get; }

    public int Head => _ids.Head;

    public ValueTask<int> RefreshAsync(int claimedId, CancellationToken cancellationToken) => _watch?.IsCurrent == true
        ? ValueTask.FromResult(Head)
        : _threads.RunAsync(
            Key,
            StorageCallKind.Read,
            (Log: this, ClaimedId: claimedId),
            static refresh =>
            {
                refresh.Log.Discover(refresh.ClaimedId);
                return refresh.Log.Head;
            },
            cancellationToken);

    public ValueTask<bool> TryAppendAsync(int id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) => _threads.RunAsync(
        Key,
        StorageCallKind.Append,
        (Log: this, Id: id, Json: json),
        static append => append.Log.TryAppend(append.Id, append.Json.Span),
        cancellationToken,
        late: static append => append.Log.Grown());

    public ValueTask<int> TryAppendAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken) => _threads.RunAsync(
        Key,
        StorageCallKind.Append,
        (Log: this, Events: events),
        static append => append.Log.TryAppend(append.Events),
        cancellationToken,
        late: static append => append.Log.Grown());

    public ValueTask<EventPage> ReadAsync(int fromId, int throughId, CancellationToken cancellationToken)
    {
        var through = Math.Min(throughId, Head);
        if (_ids.FirstFrom(Math.Max(fromId, 0)) is not { } first || first > through)
        {
            return ValueTask.FromResult(new EventPage([], [], Math.Max(fromId, through + 1), null));
        }

        return _threads.RunAsync(
            Key,
            StorageCallKind.Read,
            (Log: this, First: first, Through: through),
            static read => read.Log._reader.Read(read.First, read.Through, read.Log._ids),
            cancellationToken);
    }

    public IDisposable Watch(Action onGrown)
    {
        lock (_lock)
        {
            _grown += onGrown;
        }

        var watch = _watcher.Add(this);
        _watch = watch;
        return new Watching(this, onGrown, watch);
    }

    /// <summary>
    /// Adds what others have appended since; to be called on a storage thread. Writers append in id order, so what follows the head is
    /// looked for by name: unlike a listing that cannot miss an id below one that it sees. What a claim says to be further up is found by a
    /// listing. True when an event is there that is not whole yet: look again soon.
    /// </summary>
    public bool Discover(int claimedId)
    {
        var before = Head;
        var last = before;
        var isUnfinished = false;
        while (last < ConversationPaths.MaxId && File.Exists(Paths.Event(last + 1)))
        {
            if (IsBeingWritten(Paths.Event(last + 1)))
            {
                isUnfinished = true;
                break;
            }

            last++;
        }

        AddFound(Enumerable.Range(before + 1, last - before));
        if (claimedId > last && !isUnfinished && IsStored(claimedId))
        {
            AddFound(List(removeOlderThan: null).Ascending());
        }

        if (Head > before)
        {
            Grown();
        }

        return isUnfinished;
    }

    private void Grown() => Volatile.Read(ref _grown)?.Invoke();

    /// <summary>
    /// V0 writes an event in place: a file that does not end as an event does, and was written just now, will soon be whole. Ours have
    /// their names only when they are.
    /// </summary>
    private static bool IsBeingWritten(string path)
    {
        if (NativeFiles.TryOpenRead(path, out var file) != FileOpen.Opened || file is null)
        {
            return false;
        }

        using (file)
        {
            Span<byte> end = stackalloc byte[1];
            var length = RandomAccess.GetLength(file);
            var isWhole = length > 0 && RandomAccess.Read(file, end, length - 1) == 1 && end[0] == '}';
            // The file's time is the machine's, whatever clock a test has.
            return !isWhole && TimeProvider.System.GetUtcNow() - File.GetLastWriteTimeUtc(file) < s_writeTime;
        }
    }

    private int TryAppend(IReadOnlyList<StoredEvent> events)
    {
        var stored = 0;
        try
        {
            while (stored < events.Count && TryAppend(events[stored].Id, events[stored].Json.Span))
            {
                stored++;
            }
        }
        catch (Exception exception) when (stored > 0
            && exception is (IOException or UnauthorizedAccessException) and not StorageException { Failure: StorageFailure.Unknown })
        {
            // Those before it are stored, and have to be known as such; whoever tries the next one again hears how it fails.
        }

        return stored;
    }

    private bool TryAppend(int id, ReadOnlySpan<byte> json)
    {
        if (id > ConversationPaths.MaxId)
        {
            throw new StorageException(StorageFailure.IdsExhausted, $"event id {id} is above the largest that can be stored");
        }

        if (id <= Head)
        {
            // Another writer's, seen by an earlier call; or one that stands only in a page file.
            return false;
        }

        try
        {
            if (!AtomicFile.TryCreate(Paths.Events, Paths.Event(id), json, _durability))
            {
                Discover(id);
                return false;
            }
        }
        catch (StorageException exception) when (exception.Failure == StorageFailure.Unknown)
        {
            // Readers have it from now on: the next event stands behind it.
            AddFound([id]);
            throw;
        }

        AddFound([id]);
        _page.Add(id, json);
        if (id % ConversationPaths.PageSize == ConversationPaths.PageSize - 1)
        {
            WritePageFile(id - ConversationPaths.PageSize + 1);
        }

        return true;
    }

    /// <summary>Makes reading fast; the events are safe without it, so a failure harms nothing.</summary>
    private void WritePageFile(int first)
    {
        try
        {
            using var read = new PooledBytes();
            if (!_page.TryTake(first, out var page))
            {
                if (!_reader.TryCompose(first, read))
                {
                    return;
                }

                page = read.Span;
            }

            AtomicFile.TryCreate(Paths.Pages, Paths.Page(first), page, _durability);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.PageNotWritten(_logger, Key.Id, first, exception);
        }
    }

    private bool IsStored(int id) =>
        id <= ConversationPaths.MaxId && (File.Exists(Paths.Event(id)) || File.Exists(Paths.Page(ConversationPaths.PageStart(id))));

    private void AddFound(IEnumerable<int> ascendingIds)
    {
        lock (_lock)
        {
            foreach (var id in ascendingIds)
            {
                if (id > _ids.Head)
                {
                    _ids.Add(id);
                }
            }
        }
    }

    /// <summary>Every id that has a file of its own or a page file.</summary>
    private IdSet List(DateTimeOffset? removeOlderThan)
    {
        var ids = new IdSet();
        foreach (var id in DirectoryListing.Ids(Paths.Events, ConversationPaths.ParseEvent, removeOlderThan))
        {
            ids.Add(Checked(id));
        }

        foreach (var first in DirectoryListing.Ids(Paths.Pages, ConversationPaths.ParsePage, removeOlderThan))
        {
            for (var id = Checked(first); id < first + ConversationPaths.PageSize; id++)
            {
                ids.Add(id);
            }
        }

        // Just below the highest one a listing may leave out what is there.
        var lowest = Math.Max(0, ids.Max - MaxMissedByListing);
        for (var id = ids.Max - 1; id >= lowest; id--)
        {
            if (!ids.Contains(id) && File.Exists(Paths.Event(id)))
            {
                ids.Add(id);
            }
        }

        return ids;
    }

    private static int Checked(int id) => id != ConversationPaths.IdTooHigh ? id : throw new StorageException(
        StorageFailure.IdsExhausted, $"it has an event id above {ConversationPaths.MaxId}, the largest that can be served");

    /// <summary>Ends one watch. Disposing it again does nothing.</summary>
    private sealed class Watching(FileEventLog log, Action onGrown, LogWatcher.Watch watch) : IDisposable
    {
        private int _isDisposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            {
                _ = Interlocked.CompareExchange(ref log._watch, null, watch);
                watch.Dispose();
                lock (log._lock)
                {
                    log._grown -= onGrown;
                }
            }
        }
    }
}
