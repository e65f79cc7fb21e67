namespace Gateway.Conversations.Storage.Postgres;

/// <summary>Opens logs that stand in the database. Thread-safe.</summary>
internal sealed class PostgresEventLogStore(PostgresCalls calls, PostgresHeads heads) : IEventLogStore
{
    public async ValueTask<IEventLog> OpenAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        var log = new PostgresEventLog(key, calls, heads);
        await log.RefreshAsync(claimedId: -1, cancellationToken);
        return log;
    }
}
