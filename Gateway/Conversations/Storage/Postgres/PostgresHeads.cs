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

    private readonly PostgresCalls _calls;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly PostgresNotifier _notifier;

    // Guards the logs: a conversation has one, or two while it is closed and opened again.
    private readonly Lock _lock = new();
    private readonly Dictionary<ConversationKey, List<PostgresEventLog>> _logs = [];
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
    public void Add(PostgresEventLog log)
    {
        lock (_lock)
        {
            if (!_logs.TryGetValue(log.Key, out var logs))
            {
                _logs.Add(log.Key, logs = []);
            }

            logs.Add(log);
            if (_logs.Count == 1 && !_isDisposed)
            {
                _timer.Change(s_interval, s_interval);
            }
        }

        // Now: it may have grown since it was opened.
        Wake();
    }

    public void Remove(PostgresEventLog log)
    {
        lock (_lock)
        {
            if (_logs.TryGetValue(log.Key, out var logs) && logs.Remove(log) && logs.Count == 0)
            {
                _logs.Remove(log.Key);
            }

            if (_logs.Count == 0 && !_isDisposed)
            {
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>The conversation's events go to this id in the database.</summary>
    public void OnHead(ConversationKey key, int head)
    {
        PostgresEventLog[] logs;
        lock (_lock)
        {
            logs = _logs.TryGetValue(key, out var watched) ? [.. watched] : [];
        }

        foreach (var log in logs)
        {
            log.OnHead(head);
        }
    }

    /// <summary>The conversation's events go to this id now: others are told.</summary>
    public void Notify(ConversationKey key, int head) => _notifier.Add(new NodeNotice(key, head, HasMessages: false));

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
        PostgresEventLog[] logs;
        lock (_lock)
        {
            logs = [.. _logs.Values.Select(static watched => watched[0])];
        }

        if (logs.Length == 0)
        {
            return;
        }

        try
        {
            foreach (var (key, head) in await _calls.RunAsync(logs, ReadGrownAsync, CancellationToken.None))
            {
                OnHead(key, head);
            }
        }
        catch (StorageException)
        {
            // It has been said why; the next look sees what this one would have seen.
        }
        catch (ObjectDisposedException)
        {
            // The process ends.
        }
    }

    protected override void OnFault(Exception exception) => Log.LookFailed(_logger, exception);

    private static async ValueTask<List<(ConversationKey Key, int Head)>> ReadGrownAsync(
        NpgsqlConnection connection, PostgresEventLog[] logs, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresStatements.ReadGrownHeads)
            .With(Array.ConvertAll(logs, static log => log.Key.Id.Value))
            .With(Array.ConvertAll(logs, static log => PostgresCommands.UserOf(log.Key.UserId)))
            .With(Array.ConvertAll(logs, static log => log.Head));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var grown = new List<(ConversationKey, int)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            grown.Add((PostgresCommands.KeyOf(reader.GetString(0), reader.GetString(1)), reader.GetInt32(2)));
        }

        return grown;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The look for events of other gateways failed.")]
        public static partial void LookFailed(ILogger logger, Exception exception);
    }
}
