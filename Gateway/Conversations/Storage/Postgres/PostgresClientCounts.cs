using Gateway.Primitives;

using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// The counts of all gateways in a table: a row for each gateway and conversation with clients. What changes while a statement runs goes
/// with the next one. Rows are refreshed every half a minute, all by one statement, and count for a little more than two of those. Any
/// thread.
/// </summary>
internal sealed partial class PostgresClientCounts : SerialWorker, IClientCounts, IDisposable
{
    private const int RowsOfABatch = 500;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_freshFor = s_interval * 2.5;

    private readonly PostgresCalls _calls;
    private readonly PostgresHeads _heads;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private readonly Dictionary<ConversationKey, int> _counts = [];
    private HashSet<ConversationKey> _changed = [];
    private bool _isRefreshDue;

    public PostgresClientCounts(PostgresCalls calls, PostgresHeads heads, TimeProvider timeProvider, ILogger<PostgresClientCounts> logger)
    {
        (_calls, _heads, _logger) = (calls, heads, logger);
        _timer = timeProvider.CreateTimer(
            static state => ((PostgresClientCounts)state!).Refresh(), this, Jitter.Around(s_interval), s_interval);
    }

    public void Set(ConversationKey key, int clients)
    {
        lock (_lock)
        {
            if (_counts.GetValueOrDefault(key) == clients)
            {
                return;
            }

            if (clients == 0)
            {
                _counts.Remove(key);
            }
            else
            {
                _counts[key] = clients;
            }

            _changed.Add(key);
        }

        Wake();
    }

    public ValueTask<IReadOnlyDictionary<ConversationId, OpenConversation>> FindOpenAsync(
        ConversationId? userId, IReadOnlyCollection<ConversationId> ids, CancellationToken cancellationToken) => _calls.RunAsync(
        (User: userId, Ids: ids.Select(static id => id.Value).ToArray(), _heads.Node),
        static async ValueTask<IReadOnlyDictionary<ConversationId, OpenConversation>> (connection, find, limit) =>
        {
            await using var command = connection.Command(PostgresGatewayStatements.FindOpen, find.User)
                .With(find.Ids).With(find.Node).With(s_freshFor);
            await using var reader = await command.ExecuteReaderAsync(limit);
            var found = new Dictionary<ConversationId, OpenConversation>();
            while (await reader.ReadAsync(limit))
            {
                var open = new OpenConversation(reader.GetBoolean(1), reader.GetInt32(2));
                if (ConversationId.TryParse(reader.GetString(0), out var id) && (open.HasAgent || open.ClientsElsewhere > 0))
                {
                    found[id] = open;
                }
            }

            return found;
        },
        cancellationToken);

    public void Dispose()
    {
        _timer.Dispose();
        Stop();
    }

    protected override async ValueTask RunAsync()
    {
        (ConversationKey Key, int Clients)[] changed;
        int? expected;
        lock (_lock)
        {
            changed = [.. _changed.Select(key => (key, _counts.GetValueOrDefault(key)))];
            _changed = [];
            expected = _isRefreshDue ? _counts.Count : null;
            _isRefreshDue = false;
        }

        try
        {
            foreach (var batch in changed.Chunk(RowsOfABatch))
            {
                await _calls.RunAsync((Rows: batch, _heads.Node), WriteAsync, CancellationToken.None);
            }

            if (expected is { } rows && await _calls.RunAsync(_heads.Node, RefreshAsync, CancellationToken.None) < rows)
            {
                // The database has been away for so long that others have taken them away.
                ChangeAll();
            }
        }
        catch (Exception exception) when (exception is StorageException or ObjectDisposedException)
        {
            // It has been said why, or the process ends. With the next refresh all of them are written.
            lock (_lock)
            {
                _changed.UnionWith(changed.Select(static one => one.Key));
            }
        }
    }

    protected override void OnFault(Exception exception) => Log.NotWritten(_logger, exception);

    private static async ValueTask<bool> WriteAsync(
        NpgsqlConnection connection, ((ConversationKey Key, int Clients)[] Rows, string Node) write, CancellationToken cancellationToken)
    {
        // Each in a transaction of its own, as everything that names a conversation.
        await using var batch = new NpgsqlBatch(connection) { EnableErrorBarriers = true };
        foreach (var (key, clients) in write.Rows)
        {
            batch.BatchCommands.Add(clients > 0
                ? PostgresCommands.BatchCommand(PostgresGatewayStatements.SetClients, key).With(write.Node).With(clients)
                : PostgresCommands.BatchCommand(PostgresGatewayStatements.ForgetClients, key).With(write.Node));
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    private static async ValueTask<int> RefreshAsync(NpgsqlConnection connection, string node, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresGatewayStatements.RefreshClients).With(node);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private void Refresh()
    {
        lock (_lock)
        {
            if (_counts.Count + _changed.Count == 0)
            {
                return;
            }

            _isRefreshDue = true;
        }

        Wake();
    }

    private void ChangeAll()
    {
        lock (_lock)
        {
            _changed.UnionWith(_counts.Keys);
        }

        Wake();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "How many clients are here is not told to other gateways any more.")]
        public static partial void NotWritten(ILogger logger, Exception exception);
    }
}
