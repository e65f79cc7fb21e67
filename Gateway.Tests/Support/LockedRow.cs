using Npgsql;

namespace Gateway.Tests.Support;

/// <summary>The one conversation's row of a test's database, locked until this is disposed.</summary>
internal sealed class LockedRow : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private LockedRow(NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (_connection, _transaction) = (connection, transaction);

    public static async Task<LockedRow> TakeAsync(TestedDatabase database)
    {
        var connection = new NpgsqlConnection($"{database.ConnectionString};Pooling=false");
        await connection.OpenAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("SELECT 1 FROM gateway.conversations FOR UPDATE", connection, transaction);
        await command.ExecuteScalarAsync();
        return new LockedRow(connection, transaction);
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
