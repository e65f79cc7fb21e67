namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// Whether the database answers, and takes what is appended: one that is to take over from another one does not yet, and none does while
/// its tables are locked. Any thread.
/// </summary>
internal sealed class PostgresProbe(PostgresCalls calls) : IStoreProbe
{
    public async ValueTask ProbeAsync(CancellationToken cancellationToken) => await calls.RunAsync(
        true,
        static async (connection, _, limit) =>
        {
            await using var command = connection.Command(PostgresStatements.TryWrite).With("").With("");
            return await command.ExecuteNonQueryAsync(limit);
        },
        cancellationToken);
}
