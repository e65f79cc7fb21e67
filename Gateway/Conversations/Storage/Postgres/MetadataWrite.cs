using Gateway.Primitives.Json;

using Npgsql;

using NpgsqlTypes;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// Metadata that is to be written if nobody else has written. When the connection is lost, what stands there then says whether it was.
/// Used by one call.
/// </summary>
internal sealed class MetadataWrite(ConversationKey key, byte[] content, string? expectedVersion)
{
    private bool _isUnknown;

    public async ValueTask<bool> TryAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Of what readers will read: a null may have another type until then.
        var problem = JsonTree.TryReadObject(content, out var written)
            ? MetadataRules.FindDamage(written)?.Problem
            : MetadataRules.DamagedProblem;
        long? createdAt = problem is null && MetadataTime.TryParse(written?["created_at"], out var time) ? time.UtcTicks : null;
        await using var command = connection.Command(
            expectedVersion is null ? PostgresStatements.CreateMetadata : PostgresStatements.ReplaceMetadata, key)
            .With(content)
            .WithOptional(createdAt, NpgsqlDbType.Bigint).WithOptional(problem, NpgsqlDbType.Text);
        if (expectedVersion is not null)
        {
            command.With(expectedVersion);
        }

        var wasUnknown = _isUnknown;
        _isUnknown = true;
        var rows = await command.ExecuteNonQueryAsync(cancellationToken);
        _isUnknown = false;
        return rows > 0 || (wasUnknown && await IsThereAsync(connection, cancellationToken));
    }

    private async ValueTask<bool> IsThereAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresStatements.ReadMetadata, key);
        return await command.ExecuteScalarAsync(cancellationToken) is byte[] stored && stored.AsSpan().SequenceEqual(content);
    }
}
