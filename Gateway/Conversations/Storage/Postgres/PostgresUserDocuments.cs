using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>Users' documents in the database. Thread-safe.</summary>
internal sealed class PostgresUserDocuments(PostgresCalls calls) : IUserDocuments
{
    public async ValueTask<StoredDocument?> ReadAsync(
        UserDocument document, ConversationId? userId, CancellationToken cancellationToken) =>
        await ReadContentAsync(document, userId, cancellationToken) is not { } content ? null
        : TryParse(content) ?? throw new InvalidDataException(
            $"The user's {document} are {(content.Length == 0 ? "empty" : "damaged")}.");

    public ValueTask<bool> TryWriteAsync(
        UserDocument document, ConversationId? userId, JObject json, string? expectedVersion, CancellationToken cancellationToken) =>
        TryWriteContentAsync(document, userId, DocumentBytes.Encode(json), expectedVersion, cancellationToken);

    /// <summary>The document's bytes, whatever they are; null when there are none.</summary>
    public ValueTask<byte[]?> ReadContentAsync(UserDocument document, ConversationId? userId, CancellationToken cancellationToken) =>
        calls.RunAsync(
            (Document: document, UserId: userId),
            static (connection, read, limit) => ReadAsync(connection, read.Document, read.UserId, limit),
            cancellationToken);

    /// <summary>Compare and set of the document's bytes; null for the version of none.</summary>
    public ValueTask<bool> TryWriteContentAsync(
        UserDocument document, ConversationId? userId, byte[] content, string? expectedVersion, CancellationToken cancellationToken) =>
        calls.RunAsync(
            new Write(document, userId, content, expectedVersion),
            static (connection, write, limit) => write.TryAsync(connection, limit),
            cancellationToken);

    private static StoredDocument? TryParse(byte[] content) =>
        JsonTree.TryReadObject(content, out var json) ? new StoredDocument(json, DocumentBytes.Version(content)) : null;

    private static string NameOf(UserDocument document) => document switch
    {
        UserDocument.Settings => "settings",
        UserDocument.Secrets => "secrets",
        _ => throw new ArgumentOutOfRangeException(nameof(document)),
    };

    private static async ValueTask<byte[]?> ReadAsync(
        NpgsqlConnection connection, UserDocument document, ConversationId? userId, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresStatements.ReadDocument, userId).With(NameOf(document));
        return await command.ExecuteScalarAsync(cancellationToken) as byte[];
    }

    /// <summary>A document that is to be written if nobody else has written; as <see cref="MetadataWrite"/>. Used by one call.</summary>
    private sealed class Write(UserDocument document, ConversationId? userId, byte[] content, string? expectedVersion)
    {
        private bool _isUnknown;

        public async ValueTask<bool> TryAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
        {
            await using var command = connection.Command(
                expectedVersion is null ? PostgresStatements.CreateDocument : PostgresStatements.ReplaceDocument, userId)
                .With(NameOf(document)).With(content);
            if (expectedVersion is not null)
            {
                command.With(expectedVersion);
            }

            var wasUnknown = _isUnknown;
            _isUnknown = true;
            var written = await command.ExecuteNonQueryAsync(cancellationToken);
            _isUnknown = false;
            return written > 0
                || (wasUnknown && (await ReadAsync(connection, document, userId, cancellationToken)).AsSpan().SequenceEqual(content));
        }
    }
}
