using System.Collections.Frozen;

using Gateway.Primitives;
using Gateway.Primitives.Json;

using Microsoft.Extensions.Options;

using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// Leases in conversations' rows. All that are held here are renewed together when a third of their time is over, by one statement for
/// many, and by one of its own what that one left out; one that could not be is given up after two thirds by this machine's clock, while
/// the database still keeps it for us. Any thread.
/// </summary>
internal sealed partial class PostgresAgentLeases : SerialWorker, IAgentLeases, IDisposable
{
    private const int LeasesOfABatch = 500;

    private readonly PostgresCalls _calls;
    private readonly PostgresHeads _heads;
    private readonly IRoomMessages _rooms;
    private readonly ILogger _logger;
    private readonly TimeSpan _leaseTime;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private readonly HashSet<AgentLease> _held = [];

    public PostgresAgentLeases(
        IOptions<PostgresStorageOptions> options, PostgresCalls calls, PostgresHeads heads, IRoomMessages rooms,
        ILogger<PostgresAgentLeases> logger)
    {
        _leaseTime = options.Value.LeaseTime;
        (_calls, _heads, _rooms, _logger) = (calls, heads, rooms, logger);
        _timer = TimeProvider.System.CreateTimer(
            static state => ((PostgresAgentLeases)state!).Wake(), this, _leaseTime / 3, _leaseTime / 3);
    }

    public async ValueTask<IAgentLease?> TryTakeAsync(IEventLog log, bool makesUnknown, CancellationToken cancellationToken)
    {
        var owned = (PostgresEventLog)log;

        // From before the database begins to count.
        var lease = new AgentLease(owned, this, _leaseTime * (2.0 / 3));
        var taken = await _calls.RunAsync(
            (owned.Key, _heads.Node, Time: _leaseTime, MakesUnknown: makesUnknown),
            static (connection, take, limit) => TakeAsync(connection, take.Key, (take.Node, take.Time, take.MakesUnknown), limit),
            cancellationToken);
        if (!makesUnknown)
        {
            _heads.OnFound(owned.Key);
        }

        if (taken is not { } position)
        {
            lease.Dispose();
            return null;
        }

        owned.Owned(position, lease.Lose);
        (lease.Epoch, lease.HeardThrough) = (position.Epoch, position.HeardThrough);
        lock (_lock)
        {
            _held.Add(lease);
        }

        return lease;
    }

    public ValueTask<bool> IsHeldElsewhereAsync(ConversationKey key, CancellationToken cancellationToken) => _calls.RunAsync(
        (Key: key, _heads.Node),
        static async (connection, held, limit) =>
        {
            await using var command = connection.Command(PostgresGatewayStatements.IsHeldElsewhere, held.Key).With(held.Node);
            return await command.ExecuteScalarAsync(limit) is true;
        },
        cancellationToken);

    public ValueTask<IReadOnlyDictionary<ConversationKey, string>> FindHoldersAsync(
        IReadOnlyCollection<ConversationKey> keys, CancellationToken cancellationToken) => keys.Count == 0
        ? new(FrozenDictionary<ConversationKey, string>.Empty)
        : _calls.RunAsync(keys, FindHoldersAsync, cancellationToken);

    public ValueTask<IReadOnlyList<HeldAgent>> ListAsync(ConversationId? userId, CancellationToken cancellationToken) => _calls.RunAsync(
        userId,
        static async ValueTask<IReadOnlyList<HeldAgent>> (connection, userId, limit) =>
        {
            await using var command = connection.Command(PostgresGatewayStatements.ListHeld, userId);
            await using var reader = await command.ExecuteReaderAsync(limit);
            var held = new List<HeldAgent>();
            while (await reader.ReadAsync(limit))
            {
                held.Add(new HeldAgent(
                    PostgresCommands.KeyOf(reader.GetString(0), PostgresCommands.UserOf(userId)),
                    await reader.IsDBNullAsync(1, limit) ? TimeSpan.MaxValue : TimeSpan.FromSeconds(reader.GetDouble(1)),
                    await reader.IsDBNullAsync(2, limit) ? null : LastActiveOf(reader.GetFieldValue<byte[]>(2))));
            }

            return held;
        },
        cancellationToken);

    public void Dispose()
    {
        _timer.Dispose();
        Stop();
    }

    protected override async ValueTask RunAsync()
    {
        AgentLease[] held;
        lock (_lock)
        {
            held = [.. _held];
        }

        try
        {
            foreach (var batch in held.Chunk(LeasesOfABatch))
            {
                await RenewAsync(await RenewTogetherAsync(batch));
            }
        }
        catch (Exception exception) when (exception is StorageException or ObjectDisposedException)
        {
            // It has been said why, or the process ends. Tried again at the next third; each lease has its own end.
        }
    }

    protected override void OnFault(Exception exception) => Log.NotRenewed(_logger, exception);

    private static async ValueTask<IReadOnlyDictionary<ConversationKey, string>> FindHoldersAsync(
        NpgsqlConnection connection, IReadOnlyCollection<ConversationKey> keys, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var key in keys)
        {
            batch.BatchCommands.Add(PostgresCommands.BatchCommand(PostgresGatewayStatements.ReadHolder, key));
        }

        var holders = new Dictionary<ConversationKey, string>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var key in keys)
        {
            if (await reader.ReadAsync(cancellationToken))
            {
                holders[key] = reader.GetString(0);
            }

            await reader.NextResultAsync(cancellationToken);
        }

        return holders;
    }

    private static DateTimeOffset? LastActiveOf(byte[] metadata) =>
        JsonTree.TryReadObject(metadata, out var json) && MetadataTime.TryParse(json["last_updated_at"], out var time) ? time : null;

    private static async ValueTask<LogPosition?> TakeAsync(
        NpgsqlConnection connection, ConversationKey key, (string Node, TimeSpan Time, bool MakesUnknown) take,
        CancellationToken cancellationToken)
    {
        var statement = take.MakesUnknown ? PostgresGatewayStatements.TakeFirstLease : PostgresGatewayStatements.TakeLease;
        await using var command = connection.Command(statement, key).With(take.Node).With(take.Time);
        if (await LogPosition.ReadAsync(command, cancellationToken) is { } position)
        {
            return position;
        }

        // Another gateway has it, or it has been deleted meanwhile: then nothing must be made of it again.
        await using var read = connection.Command(PostgresStatements.ReadHead, key);
        return take.MakesUnknown || await LogPosition.ReadAsync(read, cancellationToken) is not null
            ? null
            : throw PostgresFailures.Deleted();
    }

    /// <summary>Gives those that are not renewed: another gateway has them, they are deleted, or somebody has just locked them.</summary>
    private async ValueTask<AgentLease[]> RenewTogetherAsync(AgentLease[] leases)
    {
        var before = TimeProvider.System.GetTimestamp();
        var renewed = await _calls.RunAsync(
            (Leases: leases, _heads.Node, Time: _leaseTime),
            static async (connection, renewal, limit) =>
            {
                await using var command = connection.Command(PostgresGatewayStatements.RenewLeases)
                    .With(Array.ConvertAll(renewal.Leases, static lease => lease.Key.Id.Value))
                    .With(Array.ConvertAll(renewal.Leases, static lease => PostgresCommands.UserOf(lease.Key.UserId)))
                    .With(Array.ConvertAll(renewal.Leases, static lease => lease.Epoch))
                    .With(renewal.Node).With(renewal.Time);
                await using var reader = await command.ExecuteReaderAsync(limit);
                var renewed = new HashSet<ConversationKey>();
                while (await reader.ReadAsync(limit))
                {
                    renewed.Add(PostgresCommands.KeyOf(reader.GetString(0), reader.GetString(1)));
                }

                return renewed;
            },
            CancellationToken.None);
        foreach (var lease in leases.Where(lease => renewed.Contains(lease.Key)))
        {
            lease.Renewed(before);
        }

        return [.. leases.Where(lease => !renewed.Contains(lease.Key))];
    }

    private async ValueTask RenewAsync(AgentLease[] leases)
    {
        if (leases.Length == 0)
        {
            return;
        }

        var before = TimeProvider.System.GetTimestamp();
        var renewed = await _calls.RunAsync(
            (Leases: leases, _heads.Node, Time: _leaseTime),
            static async (connection, renewal, limit) =>
            {
                // Each in a transaction of its own: no row waits for another one.
                await using var batch = new NpgsqlBatch(connection) { EnableErrorBarriers = true };
                foreach (var lease in renewal.Leases)
                {
                    batch.BatchCommands.Add(PostgresCommands.BatchCommand(PostgresGatewayStatements.RenewLease, lease.Key)
                        .With(renewal.Node).With(renewal.Time).With(lease.Epoch));
                }

                await batch.ExecuteNonQueryAsync(limit);
                return batch.BatchCommands.Cast<NpgsqlBatchCommand>().Select(static command => command.Rows == 1).ToArray();
            },
            CancellationToken.None);
        foreach (var (lease, isOurs) in leases.Zip(renewed))
        {
            if (isOurs)
            {
                lease.Renewed(before);
            }
            else
            {
                lease.Lose();
            }
        }
    }

    private void Forget(AgentLease lease)
    {
        lock (_lock)
        {
            _held.Remove(lease);
        }
    }

    private async ValueTask ReleaseAsync(AgentLease lease)
    {
        try
        {
            await _calls.RunAsync(
                (lease.Key, _heads.Node, lease.Epoch, lease.Heard),
                static async (connection, release, limit) =>
                {
                    await using var command = connection.Command(PostgresGatewayStatements.ReleaseLease, release.Key)
                        .With(release.Node).With(release.Epoch).With(release.Heard);
                    var released = await command.ExecuteNonQueryAsync(limit);
                    await using var forget = connection.Command(PostgresGatewayStatements.ForgetUnused, release.Key);
                    await forget.ExecuteNonQueryAsync(limit);
                    return released;
                },
                CancellationToken.None);
            await _rooms.SendAsync(
                lease.Key, RoomMessage.Create(RoomMessageKind.Released, ReadOnlyMemory<byte>.Empty), CancellationToken.None);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // It runs out by itself.
        }
    }

    /// <summary>One lease, with its end by this machine's clock. Any thread.</summary>
    private sealed class AgentLease : IAgentLease, IDisposable
    {
        private readonly PostgresEventLog _log;
        private readonly PostgresAgentLeases _leases;
        private readonly TimeSpan _time;
        private readonly CancellationTokenSource _lost = new();
        private readonly ITimer _end;

        public AgentLease(PostgresEventLog log, PostgresAgentLeases leases, TimeSpan time)
        {
            (_log, _leases, _time) = (log, leases, time);
            Lost = _lost.Token;
            _end = TimeProvider.System.CreateTimer(
                static state => ((AgentLease)state!).Lose(), this, time, Timeout.InfiniteTimeSpan);
        }

        public CancellationToken Lost { get; }

        public ConversationKey Key => _log.Key;

        public long Epoch { get; set; }

        public int HeardThrough { get; set; }

        /// <summary>The agent has been told through this id by now.</summary>
        public int Heard => _log.Expected().HeardThrough;

        /// <summary>The database has it for us since this moment.</summary>
        public void Renewed(long timestamp)
        {
            var left = _time - TimeProvider.System.GetElapsedTime(timestamp);
            _end.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }

        public void Lose()
        {
            _leases.Forget(this);
            _end.Dispose();

            // Off this thread: who is told stops an agent.
            _ = _lost.CancelAsync();
        }

        public async ValueTask ReleaseAsync()
        {
            Dispose();
            await _leases.ReleaseAsync(this);
        }

        public void Dispose()
        {
            _leases.Forget(this);
            _end.Dispose();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Leases of agents are not renewed any more.")]
        public static partial void NotRenewed(ILogger logger, Exception exception);
    }
}
