using Gateway.Primitives;

using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// Sees to it that open logs learn within a second of what other processes append. The kernel tells it which directories have got a name
/// that is news to their log; logs of which it cannot (a network's file system, too many watches, another system) are looked at twice a
/// second. One for the store; any thread.
/// </summary>
internal sealed partial class LogWatcher : IDisposable
{
    // Beyond so many, those that are looked at wait longer for their turn: looking costs about as much as reading a small event.
    private const int MaxLooksOfATick = 500;

    // No count of news.
    private const int NeverLooked = -1;

    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(200);

    private readonly StorageThreads _threads;
    private readonly ILogger _logger;
    private readonly string _root;
    private readonly int _maxWatches;
    private readonly ITimer _timer;

    // Guards everything below.
    private readonly Lock _lock = new();
    private readonly HashSet<Watch> _watches = [];
    private readonly HashSet<Watch> _unfinished = [];
    private readonly Dictionary<int, List<Watch>> _byDirectory = [];
    private readonly Queue<Watch> _looked = [];
    private readonly List<InotifyEvent> _events = [];
    private Inotify? _inotify;
    private bool _isOpened;
    private bool _isOdd;
    private bool _isDisposed;

    public LogWatcher(IOptions<FileStorageOptions> options, StorageThreads threads, TimeProvider timeProvider, ILogger<LogWatcher> logger)
    {
        _threads = threads;
        _logger = logger;
        _root = options.Value.ExpandedRoot();
        _maxWatches = options.Value.MaxWatches;
        _timer = timeProvider.CreateTimer(
            static state => ((LogWatcher)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Directories that the kernel watches.</summary>
    public int DirectoryCount
    {
        get
        {
            lock (_lock)
            {
                return _byDirectory.Count;
            }
        }
    }

    /// <summary>Has the log look for what others have appended, whenever there may be something, until the result is disposed.</summary>
    public Watch Add(FileEventLog log)
    {
        var watch = new Watch(this, log);
        lock (_lock)
        {
            _watches.Add(watch);
            _looked.Enqueue(watch);
            if (_watches.Count == 1 && !_isDisposed)
            {
                _timer.Change(s_tick, s_tick);
            }
        }

        // Now: the kernel tells nothing of what came before it was asked.
        watch.Wake();
        return watch;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _inotify?.Dispose();
            _inotify = null;
        }

        _timer.Dispose();
    }

    private void Tick()
    {
        var due = new HashSet<Watch>();
        lock (_lock)
        {
            TakeTold(due);

            // Every other tick: the kernel is asked more often, because asking it costs nothing.
            _isOdd = !_isOdd;
            for (var i = Math.Min(_isOdd ? MaxLooksOfATick : 0, _looked.Count); i > 0; i--)
            {
                var watch = _looked.Dequeue();
                if (_watches.Contains(watch) && watch.Directory is null)
                {
                    _looked.Enqueue(watch);
                    due.Add(watch);
                }
            }

            due.UnionWith(_unfinished);
        }

        WakeAll(due);
    }

    private static void WakeAll(HashSet<Watch> due)
    {
        foreach (var watch in due)
        {
            watch.Wake();
        }
    }

    /// <summary>Asks the kernel, which answers at once whatever the disk does. Under the lock.</summary>
    private void TakeTold(HashSet<Watch> due)
    {
        _events.Clear();
        _inotify?.ReadTo(_events);
        foreach (var told in _events)
        {
            AddTold(told, due);
        }

        foreach (var watch in due)
        {
            watch.News++;
        }
    }

    /// <summary>The kernel has told of nothing that the log does not have, now that it is asked once more.</summary>
    private bool IsCurrent(Watch watch)
    {
        var due = new HashSet<Watch>();
        bool isCurrent;
        lock (_lock)
        {
            if (!watch.IsSettled)
            {
                return false;
            }

            TakeTold(due);
            isCurrent = watch.IsSettled;
        }

        WakeAll(due);
        return isCurrent;
    }

    /// <summary>Whose turn it is after the kernel has told something. Under the lock.</summary>
    private void AddTold(in InotifyEvent told, HashSet<Watch> due)
    {
        if (told.Watch < 0)
        {
            due.UnionWith(_watches);
            return;
        }

        if (!_byDirectory.TryGetValue(told.Watch, out var watches))
        {
            return;
        }

        if (told.IsGone)
        {
            foreach (var watch in watches.ToArray())
            {
                Detach(watch);
                _looked.Enqueue(watch);
                due.Add(watch);
            }

            return;
        }

        var id = ConversationPaths.ParseEvent(told.Name);
        foreach (var watch in watches)
        {
            // What this process has appended itself is no news.
            if (!watch.IsOfEvents || id > watch.EventLog.Head)
            {
                watch.ToldThrough = Math.Max(watch.ToldThrough, watch.IsOfEvents ? id : ConversationPaths.NoId);
                due.Add(watch);
            }
        }
    }

    /// <summary>
    /// Has the kernel watch the log's events, or as long as there are none the conversation's folder, in which theirs will be made. On a
    /// storage thread, and outside of the lock: a file system that hangs may keep it.
    /// </summary>
    private void Attach(Watch watch)
    {
        if (watch.IsOfEvents || OpenInotify() is not { } inotify)
        {
            return;
        }

        lock (_lock)
        {
            if (_byDirectory.Count >= _maxWatches && watch.Directory is null)
            {
                return;
            }
        }

        var ofEvents = inotify.TryAdd(watch.EventLog.Paths.Events);
        var ofFolder = ofEvents is null ? inotify.TryAdd(watch.EventLog.Paths.Directory) : null;
        if (ofFolder is not null)
        {
            // Made before the folder was watched: nobody would tell of it.
            ofEvents = inotify.TryAdd(watch.EventLog.Paths.Events);
        }

        lock (_lock)
        {
            if (_isDisposed || (ofEvents ?? ofFolder) is not { } added)
            {
                return;
            }

            if (ofEvents is not null && ofFolder is { } unused && !_byDirectory.ContainsKey(unused))
            {
                inotify.Remove(unused);
            }

            if (!_byDirectory.TryGetValue(added, out var watches))
            {
                _byDirectory.Add(added, watches = []);
            }

            if (!_watches.Contains(watch))
            {
                // Disposed meanwhile.
                RemoveIfUnused(added);
                return;
            }

            if (watch.Directory != added)
            {
                Detach(watch);
                watch.Directory = added;
                watches.Add(watch);
            }

            watch.IsOfEvents = ofEvents is not null;
        }
    }

    private Inotify? OpenInotify()
    {
        lock (_lock)
        {
            if (_isOpened || _isDisposed)
            {
                return _inotify;
            }
        }

        var isLocal = LocalDrive.TellsOfOthers(_root);
        lock (_lock)
        {
            if (!_isOpened && !_isDisposed)
            {
                _isOpened = true;
                _inotify = isLocal ? Inotify.TryOpen() : null;
            }

            return _inotify;
        }
    }

    private void Remove(Watch watch)
    {
        lock (_lock)
        {
            if (_watches.Remove(watch))
            {
                _unfinished.Remove(watch);
                Detach(watch);
                if (_watches.Count == 0)
                {
                    _looked.Clear();
                    _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                }
            }
        }
    }

    /// <summary>Under the lock.</summary>
    private void Detach(Watch watch)
    {
        if (watch.Directory is { } directory)
        {
            watch.Directory = null;
            watch.IsOfEvents = false;
            watch.News++;
            _byDirectory[directory].Remove(watch);
            RemoveIfUnused(directory);
        }
    }

    /// <summary>Under the lock.</summary>
    private void RemoveIfUnused(int directory)
    {
        if (_byDirectory[directory].Count == 0)
        {
            _byDirectory.Remove(directory);
            _inotify?.Remove(directory);
        }
    }

    /// <param name="watch">What has been looked at.</param>
    /// <param name="isUnfinished">There is an event that is not whole yet, or the look has failed.</param>
    /// <param name="news">What <see cref="Watch.News"/> was before the look.</param>
    private void Looked(Watch watch, bool isUnfinished, int news)
    {
        lock (_lock)
        {
            _ = isUnfinished && _watches.Contains(watch) ? _unfinished.Add(watch) : _unfinished.Remove(watch);
            watch.LookedNews = isUnfinished || watch.Directory is null ? NeverLooked : news;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Conversation {ConversationId} is no longer watched for events of other processes.")]
        public static partial void LookFailed(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
