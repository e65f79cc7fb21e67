using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// Makes the tables at start, or brings them to this program's version. Several gateways may start at once: the first to hold the lock does
/// it. What keeps it from being done ends the start with one line. Run once, before anything uses the store.
/// </summary>
internal sealed partial class PostgresMigration(PostgresCalls calls, ILogger<PostgresMigration> logger) : IHostedService
{
    // Any number that others in the same database are unlikely to have.
    private const long LockId = 0x67617465776179; // "gateway"

    private const string HowToDoItByHand = "prints what a role that may create the tables runs";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var (version, problem) = await TryMigrateAsync(calls, cancellationToken);
        if (problem is not null)
        {
            throw new InvalidOperationException($"{PostgresStorageOptions.Section}: {problem}");
        }

        Log.Ready(logger, version);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Makes the tables or brings them to this version, or says in a line what keeps it from that.</summary>
    public static ValueTask<(int Version, string? Problem)> TryMigrateAsync(PostgresCalls calls, CancellationToken cancellationToken) =>
        TryAsync(calls, mayWrite: true, cancellationToken);

    /// <summary>Looks whether the tables are there and of this version, and changes nothing.</summary>
    public static ValueTask<(int Version, string? Problem)> TryFindAsync(PostgresCalls calls, CancellationToken cancellationToken) =>
        TryAsync(calls, mayWrite: false, cancellationToken);

    private static async ValueTask<(int Version, string? Problem)> TryAsync(
        PostgresCalls calls, bool mayWrite, CancellationToken cancellationToken)
    {
        try
        {
            return await calls.RunAsync(
                mayWrite, static (connection, mayWrite, limit) => MigrateAsync(connection, mayWrite, limit), cancellationToken);
        }
        catch (StorageException exception)
        {
            return (0, exception.Message);
        }
    }

    private static async ValueTask<int> ReadVersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Asked of the catalogue's tables: to_regclass may answer with what it knew before this transaction waited for its lock.
        await using var exists = connection.Command(
            "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'gateway' AND tablename = 'schema_version')");
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return 0;
        }

        await using var read = connection.Command("SELECT version FROM gateway.schema_version");
        return await read.ExecuteScalarAsync(cancellationToken) is int version ? version : 0;
    }

    private static async ValueTask<(int Version, string? Problem)> MigrateAsync(
        NpgsqlConnection connection, bool mayWrite, CancellationToken cancellationToken)
    {
        if (connection.PostgreSqlVersion.Major * 10_000 < PostgresSchema.OldestServer)
        {
            return (0, $"PostgreSQL {PostgresSchema.OldestServer / 10_000} or later is needed, this is {connection.PostgreSqlVersion}");
        }

        var version = 0;
        try
        {
            version = await ReadVersionAsync(connection, cancellationToken);
            if (version < PostgresSchema.Version && !mayWrite)
            {
                return (version, version == 0
                    ? "the database has no tables of the gateway"
                    : $"the tables are those of an earlier gateway, version {version}; start this one on them once");
            }

            if (version < PostgresSchema.Version)
            {
                version = await MigrateAloneAsync(connection, cancellationToken);
            }

            return (version, version > PostgresSchema.Version
                ? $"the tables are those of a later gateway: version {version}, this program knows {PostgresSchema.Version}"
                : null);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return (version, version == 0
                ? $"the role may not read or create the tables; 'gateway storage sql' {HowToDoItByHand}"
                : $"the tables are those of an earlier gateway, version {version}, and the role may not change them; "
                    + $"'gateway storage sql --from {version}' {HowToDoItByHand}");
        }
    }

    private static async ValueTask<int> MigrateAloneAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var wait = connection.Command("SELECT pg_advisory_xact_lock($1)").With(LockId);
        await wait.ExecuteNonQueryAsync(cancellationToken);

        // Another gateway may have done it meanwhile.
        var version = await ReadVersionAsync(connection, cancellationToken);
        if (version < PostgresSchema.Version)
        {
            await using var script = connection.Command(PostgresSchema.ScriptFrom(version));
            await script.ExecuteNonQueryAsync(cancellationToken);
            version = PostgresSchema.Version;
        }

        await transaction.CommitAsync(cancellationToken);
        return version;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The database is ready; its tables are version {Version}.")]
        public static partial void Ready(ILogger logger, int version);
    }
}
