using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>What a conversation's row says to those who append. Immutable.</summary>
/// <param name="Head">The highest id, or -1.</param>
/// <param name="Fence">Grows when somebody makes sure that an append of before cannot happen any more.</param>
internal readonly record struct LogPosition(int Head, int Fence)
{
    /// <summary>Of a conversation that is not there.</summary>
    public static LogPosition Nothing => new(-1, 0);

    /// <summary>The one row of a command that gives both; null when there is none.</summary>
    public static async ValueTask<LogPosition?> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new LogPosition(reader.GetInt32(0), reader.GetInt32(1)) : null;
    }
}
