using Gateway.Primitives;

using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// Tells watched logs what other gateways have appended: as soon as they say so (<see cref="PostgresListener"/>), and by a look at the
/// heads of all of them every two seconds, which heals whatever was not heard. Says what is appended here. Any thread.
/// </summary>
internal sealed partial class PostgresHeads : SerialWorker, IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    // A lease that has ended by the database's clock has surely ended so long afterwards.
    private static readonly TimeSpan s_afterEnd = TimeSpan.FromMilliseconds(20);

    private readonly PostgresCalls _calls;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly PostgresNotifier _notifier;

    // Guards the conversations, and what each has.
    private readonly Lock _lock = new();
    private readonly Dictionary<ConversationKey, Watched> _watched = [];
    private bool _isDisposed;

    public PostgresHeads(PostgresCalls calls, TimeProvider timeProvider, ILogger<PostgresHeads> logger)
    {
        _calls = calls;
        _logger = logger;
        _notifier = new PostgresNotifier(calls, Node, logger);
        _timer = timeProvider.CreateTimer(
            static state => ((PostgresHeads)state!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>This gateway's name among those that share the database; another one after each start.</summary>
    public string Node { get; } = Guid.NewGuid().ToString("N")[..16];

    /// <summary>Has the log told of what others append until it is removed.</summary>
    public void Add(PostgresEventLog log) => Add(log.Key, watched => watched.Logs.Add(log));

    public void Remove(PostgresEventLog log) => Remove(log.Key, watched => watched.Logs.Remove(log));

    /// <summary>Has the room told that there is something to read until it is removed.</summary>
    public void Add(RoomWatch room) => Add(room.Key, watched => watched.Rooms.Add(room));

    public void Remove(RoomWatch room) => Remove(room.Key, watched => watched.Rooms.Remove(room));

    /// <summary>The conversation's events go to this id in the database.</summary>
    public void OnHead(ConversationKey key, int head)
    {
        foreach (var log in LogsOf(key))
        {
            log.OnHead(head);
        }
    }

    /// <summary>The conversation stands in the database: once it does not any more, it has been deleted.</summary>
    public void OnFound(ConversationKey key)
    {
        foreach (var room in RoomsOf(key))
        {
            room.OnFound();
        }
    }

    /// <summary>The conversation's events go to this id now: others are told.</summary>
    public void Notify(ConversationKey key, int head) => _notifier.Add(new NodeNotice(key, head, HasMessages: false));

    /// <summary>
    /// The conversation's events will go to this id, if a statement succeeds that sends the notice itself. Null when others are on the way:
    /// then <see cref="Notify"/> follows it.
    /// </summary>
    public PostgresNotifier.Begun? BeginNotice(ConversationKey key, int head) =>
        _notifier.TryBegin(new NodeNotice(key, head, HasMessages: false));

    /// <summary>The conversation has a new message: others are told.</summary>
    public void NotifyMessage(ConversationKey key, int head) => _notifier.Add(new NodeNotice(key, head, HasMessages: true));

    /// <summary>Says something that tells nobody anything, so that this gateway hears whether it hears.</summary>
    public void NotifySelf() => _notifier.Greet();

    /// <summary>Another gateway has told of something new, or this one.</summary>
    public void OnNotified(string text)
    {
        if (NodeNotices.Decode(text, Node) is not { } notices)
        {
            Wake();
            return;
        }

        foreach (var notice in notices)
        {
            OnHead(notice.Key, notice.Head);
            if (notice.HasMessages)
            {
                foreach (var room in RoomsOf(notice.Key))
                {
                    room.Wake();
                }
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
        }

        Stop();
        _notifier.Stop();
        _timer.Dispose();
    }

    protected override async ValueTask RunAsync()
    {
        Asked[] open;
        lock (_lock)
        {
            open = [.. _watched.Select(static one => new Asked(
                one.Key,
                one.Value.Logs.FirstOrDefault()?.Head ?? int.MaxValue,
                one.Value.Rooms.FirstOrDefault()?.Last ?? -1,
                one.Value.KnownRooms()))];
        }

        if (open.Length == 0)
        {
            return;
        }

        try
        {
            var untilFree = int.MaxValue;
            foreach (var news in await _calls.RunAsync(open, ReadNewsAsync, CancellationToken.None))
            {
                Tell(news, open);
                untilFree = news.MillisecondsUntilFree is > 0 and var soon ? Math.Min(untilFree, soon) : untilFree;
            }

            LookAgain(untilFree);
        }
        catch (Exception exception) when (exception is StorageException or ObjectDisposedException)
        {
            // It has been said why, or the process ends; the next look sees what this one would have seen.
        }
    }

    protected override void OnFault(Exception exception) => Log.LookFailed(_logger, exception);

    private static async ValueTask<List<News>> ReadNewsAsync(
        NpgsqlConnection connection, Asked[] open, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresGatewayStatements.ReadNews)
            .With(Array.ConvertAll(open, static one => one.Key.Id.Value))
            .With(Array.ConvertAll(open, static one => PostgresCommands.UserOf(one.Key.UserId)))
            .With(Array.ConvertAll(open, static one => one.Head))
            .With(Array.ConvertAll(open, static one => one.Message))
            .With(s_interval);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var news = new List<News>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var isThere = !await reader.IsDBNullAsync(2, cancellationToken);
            news.Add(new News(
                PostgresCommands.KeyOf(reader.GetString(0), reader.GetString(1)),
                isThere ? reader.GetInt32(2) : null,
                isThere ? reader.GetInt64(3) : 0,
                reader.GetInt32(4)));
        }

        return news;
    }

    private void Tell(News news, Asked[] open)
    {
        if (news.Head is { } head)
        {
            OnHead(news.Key, head);
        }

        // The look may have read of it before it was made, or made again: who came since, or has found it since, is told nothing.
        var known = news.Head is null ? Array.Find(open, asked => asked.Key == news.Key).Known : [];
        foreach (var room in RoomsOf(news.Key))
        {
            if (known.Contains(room))
            {
                room.OnDeleted();
                continue;
            }

            if (news.LastMessage > room.Last)
            {
                room.Wake();
            }

            if (news.MillisecondsUntilFree == 0)
            {
                room.OnFree();
            }
        }
    }

    /// <summary>Sooner than by itself, when somebody's agent is nobody's before.</summary>
    private void LookAgain(int milliseconds)
    {
        lock (_lock)
        {
            if (milliseconds < s_interval.TotalMilliseconds && _watched.Count > 0 && !_isDisposed)
            {
                _timer.Change(TimeSpan.FromMilliseconds(milliseconds) + s_afterEnd, s_interval);
            }
        }
    }

    private void Add(ConversationKey key, Action<Watched> add)
    {
        lock (_lock)
        {
            if (!_watched.TryGetValue(key, out var watched))
            {
                _watched.Add(key, watched = new Watched([], []));
                if (_watched.Count == 1 && !_isDisposed)
                {
                    _timer.Change(s_interval, s_interval);
                }
            }

            add(watched);
        }

        // Now: it may have grown since it was opened.
        Wake();
    }

    private void Remove(ConversationKey key, Action<Watched> remove)
    {
        lock (_lock)
        {
            if (_watched.TryGetValue(key, out var watched))
            {
                remove(watched);
                if (watched.Logs.Count + watched.Rooms.Count == 0)
                {
                    _watched.Remove(key);
                }
            }

            if (_watched.Count == 0 && !_isDisposed)
            {
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private PostgresEventLog[] LogsOf(ConversationKey key)
    {
        lock (_lock)
        {
            return _watched.TryGetValue(key, out var watched) ? [.. watched.Logs] : [];
        }
    }

    private RoomWatch[] RoomsOf(ConversationKey key)
    {
        lock (_lock)
        {
            return _watched.TryGetValue(key, out var watched) ? [.. watched.Rooms] : [];
        }
    }

    /// <summary>Who is told of a conversation: a session's log and room, or those of two while it is closed and opened again.</summary>
    private sealed record Watched(List<PostgresEventLog> Logs, List<RoomWatch> Rooms)
    {
        /// <summary>The rooms whose conversation has been seen in the database, by their session or in its log. Under the lock.</summary>
        public RoomWatch[] KnownRooms()
        {
            var isKnown = Logs.Count > 0 && Logs.TrueForAll(static log => log.Head >= 0);
            return [.. Rooms.Where(room => isKnown || room.IsFound)];
        }
    }

    /// <summary>What a look asks of a conversation, as it stands when the look begins.</summary>
    /// <param name="Known">The rooms that are to hear of it when it is not there.</param>
    private readonly record struct Asked(ConversationKey Key, int Head, long Message, RoomWatch[] Known);

    /// <summary>What a look has found of a conversation.</summary>
    /// <param name="Head">Null: it is not there.</param>
    private readonly record struct News(ConversationKey Key, int? Head, long LastMessage, int MillisecondsUntilFree);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The look for events of other gateways failed.")]
        public static partial void LookFailed(ILogger logger, Exception exception);
    }
}
