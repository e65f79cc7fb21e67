using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>What a conversation's row says to those who append. Immutable.</summary>
/// <param name="Head">The highest id, or -1.</param>
/// <param name="Fence">Grows when somebody makes sure that an append of before cannot happen any more.</param>
/// <param name="Epoch">Grows when a gateway takes the conversation's agent.</param>
/// <param name="HeardThrough">As <see cref="IAgentLease.HeardThrough"/>; only whoever takes the agent is told.</param>
internal readonly record struct LogPosition(int Head, int Fence, long Epoch = 0, int HeardThrough = int.MaxValue)
{
    /// <summary>Of a conversation that is not there.</summary>
    public static LogPosition Nothing => new(-1, 0);

    /// <summary>The one row of a command that gives all of it; null when there is none.</summary>
    public static async ValueTask<LogPosition?> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new LogPosition(
                reader.GetInt32(0), reader.GetInt32(1), reader.GetInt64(2), reader.FieldCount > 3 ? reader.GetInt32(3) : int.MaxValue)
            : null;
    }
}
