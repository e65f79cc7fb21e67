namespace Gateway.Conversations.Storage.Postgres;

/// <summary>Whether the database answers, and may be written: one that is to take over from another one may not yet. Any thread.</summary>
internal sealed class PostgresProbe(PostgresCalls calls) : IStoreProbe
{
    public async ValueTask ProbeAsync(CancellationToken cancellationToken)
    {
        var isReadOnly = await calls.RunAsync(
            true,
            static async (connection, _, limit) =>
            {
                await using var command = connection.Command(PostgresStatements.IsReadOnly);
                return await command.ExecuteScalarAsync(limit) is not false;
            },
            cancellationToken);
        if (isReadOnly)
        {
            throw new StorageException(StorageFailure.Unavailable, "the store may not be written");
        }
    }
}
