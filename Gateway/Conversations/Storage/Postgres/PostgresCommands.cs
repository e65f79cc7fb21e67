using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>Makes the store's commands. Stateless.</summary>
internal static class PostgresCommands
{
    /// <summary>A command whose first two parameters name a conversation.</summary>
    public static NpgsqlCommand Command(this NpgsqlConnection connection, string statement, ConversationKey key) =>
        connection.Command(statement).With(key.Id.Value).With(UserOf(key.UserId));

    /// <summary>A command whose first parameter names a user.</summary>
    public static NpgsqlCommand Command(this NpgsqlConnection connection, string statement, ConversationId? userId) =>
        connection.Command(statement).With(UserOf(userId));

    public static NpgsqlCommand Command(this NpgsqlConnection connection, string statement) => new(statement, connection);

    /// <summary>One of several commands of a round trip.</summary>
    public static NpgsqlBatchCommand BatchCommand(string statement, ConversationKey key) =>
        new NpgsqlBatchCommand(statement).With(key.Id.Value).With(UserOf(key.UserId));

    public static NpgsqlBatchCommand With<T>(this NpgsqlBatchCommand command, T value)
    {
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return command;
    }

    public static NpgsqlCommand With<T>(this NpgsqlCommand command, T value)
    {
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return command;
    }

    /// <summary>As <see cref="With{T}"/> for what may be missing.</summary>
    public static NpgsqlCommand WithOptional(this NpgsqlCommand command, object? value, NpgsqlTypes.NpgsqlDbType type)
    {
        command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
        return command;
    }

    /// <summary>The column's value for a user; none is a user too.</summary>
    public static string UserOf(ConversationId? userId) => userId?.Value ?? "";

    /// <summary>The key that two columns say.</summary>
    public static ConversationKey KeyOf(string conversationId, string userId) =>
        ConversationId.TryParse(conversationId, out var id) ? new ConversationKey(id, UserOf(userId)) : default;

    private static ConversationId? UserOf(string userId) => ConversationId.TryParse(userId, out var id) ? id : null;
}
