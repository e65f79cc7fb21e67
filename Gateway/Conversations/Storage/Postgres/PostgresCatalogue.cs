using System.Text;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>Which conversations the database has, and their metadata: the bytes of V0's JSON as they were given. Thread-safe.</summary>
internal sealed class PostgresCatalogue(PostgresCalls calls, PostgresHeads heads) : IConversationCatalogue
{
    private const int MaxDamagedTold = 100;

    private const string NoMetadata = "it has no metadata";

    public ValueTask<CataloguePage> ListAsync(ConversationId? userId, int offset, int limit, CancellationToken cancellationToken) =>
        calls.RunAsync((UserId: userId, Offset: offset, Limit: limit), static async (connection, list, cancellationToken) =>
        {
            var (total, sound) = await CountAsync(connection, list.UserId, cancellationToken);
            var damaged = total > sound ? await ReadDamagedAsync(connection, list.UserId, cancellationToken) : [];
            var (from, count) = CataloguePage.Slice(list.Offset, list.Limit, sound, total);
            var entries = count > 0 ? await ReadEntriesAsync(connection, list.UserId, from, count, cancellationToken) : [];
            return new CataloguePage(entries, total, damaged);
        }, cancellationToken);

    public async ValueTask<StoredDocument?> ReadAsync(ConversationKey key, CancellationToken cancellationToken) =>
        await ReadContentAsync(key, cancellationToken) is not { } content ? null
        : JsonTree.TryReadObject(content, out var json) ? new StoredDocument(json, DocumentBytes.Version(content))
        : throw new DamagedMetadataException(key.Id, MetadataRules.DamageOf(Encoding.UTF8.GetString(content)));

    public ValueTask<bool> TryCreateAsync(ConversationKey key, JObject metadata, CancellationToken cancellationToken) =>
        TryWriteContentAsync(key, DocumentBytes.Encode(metadata), null, cancellationToken);

    public ValueTask<bool> TryReplaceAsync(
        ConversationKey key, JObject metadata, string expectedVersion, CancellationToken cancellationToken) =>
        TryWriteContentAsync(key, DocumentBytes.Encode(metadata), expectedVersion, cancellationToken);

    public async ValueTask<bool> DeleteAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        var wasThere = await calls.RunAsync((Key: key, heads.Node), static async (connection, delete, cancellationToken) =>
        {
            // One transaction, and one round trip.
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(PostgresCommands.BatchCommand(PostgresStatements.LockConversation, delete.Key));
            batch.BatchCommands.Add(
                PostgresCommands.BatchCommand(PostgresStatements.DeleteConversation, delete.Key).With(delete.Node));
            await batch.ExecuteNonQueryAsync(cancellationToken);
            return batch.BatchCommands[1].Rows > 0;
        }, cancellationToken);
        if (wasThere)
        {
            heads.NotifyMessage(key, head: -1);
        }

        return wasThere;
    }

    /// <summary>The metadata's bytes, whatever they are; null when there are none.</summary>
    public ValueTask<byte[]?> ReadContentAsync(ConversationKey key, CancellationToken cancellationToken) =>
        calls.RunAsync(key, static async (connection, key, cancellationToken) =>
        {
            await using var command = connection.Command(PostgresStatements.ReadMetadata, key);
            return await command.ExecuteScalarAsync(cancellationToken) as byte[];
        }, cancellationToken);

    /// <summary>Compare and set of the metadata's bytes; null for the version of none.</summary>
    public ValueTask<bool> TryWriteContentAsync(
        ConversationKey key, byte[] content, string? expectedVersion, CancellationToken cancellationToken) =>
        calls.RunAsync(
            new MetadataWrite(key, content, expectedVersion),
            static (connection, write, limit) => write.TryAsync(connection, limit),
            cancellationToken);

    private static async ValueTask<(int Total, int Sound)> CountAsync(
        NpgsqlConnection connection, ConversationId? userId, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresStatements.CountConversations, userId);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return ((int)reader.GetInt64(0), (int)reader.GetInt64(1));
    }

    private static async ValueTask<List<CatalogueEntry>> ReadEntriesAsync(
        NpgsqlConnection connection, ConversationId? userId, int from, int count, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresStatements.ListConversations, userId).With((long)from).With((long)count);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var entries = new List<CatalogueEntry>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var content = reader.GetFieldValue<byte[]>(1);
            if (ConversationId.TryParse(reader.GetString(0), out var id)
                && JsonTree.TryReadObject(content, out var json) && MetadataTime.TryParse(json["created_at"], out var createdAt))
            {
                entries.Add(new CatalogueEntry(
                    new ConversationKey(id, userId), createdAt, new StoredDocument(json, DocumentBytes.Version(content))));
            }
        }

        return entries;
    }

    private static async ValueTask<List<DamagedEntry>> ReadDamagedAsync(
        NpgsqlConnection connection, ConversationId? userId, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresStatements.ListDamaged, userId).With((long)MaxDamagedTold);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var damaged = new List<DamagedEntry>();
        while (await reader.ReadAsync(cancellationToken))
        {
            damaged.Add(new DamagedEntry(
                reader.GetString(0), await reader.IsDBNullAsync(1, cancellationToken) ? NoMetadata : reader.GetString(1)));
        }

        return damaged;
    }
}
