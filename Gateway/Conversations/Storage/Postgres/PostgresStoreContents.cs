using System.Runtime.CompilerServices;

using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>What the database holds, byte for byte. Nothing in it is anybody else's. Thread-safe.</summary>
internal sealed class PostgresStoreContents(PostgresCalls calls, PostgresHeads heads) : IStoreContents
{
    private const int IdsOfARead = 1_000;

    private readonly PostgresCatalogue _catalogue = new(calls, heads);
    private readonly PostgresUserDocuments _documents = new(calls);

    public async ValueTask<IReadOnlyList<ConversationId?>> ListUsersAsync(CancellationToken cancellationToken)
    {
        var names = await calls.RunAsync(
            true,
            static (connection, _, limit) => ReadNamesAsync(connection.Command(PostgresStatements.ListUsers), limit),
            cancellationToken);
        return [null, .. names.Where(static name => name.Length > 0).Select(static name => (ConversationId?)IdOf(name))];
    }

    public async IAsyncEnumerable<ConversationId> ListConversationsAsync(
        ConversationId? userId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<string> names = [""];
        do
        {
            names = await calls.RunAsync(
                (UserId: userId, Known: names[^1]),
                static (connection, list, limit) => ReadNamesAsync(
                    connection.Command(PostgresStatements.ListIds, list.UserId).With(list.Known).With((long)IdsOfARead), limit),
                cancellationToken);
            foreach (var name in names)
            {
                yield return IdOf(name);
            }
        }
        while (names.Count == IdsOfARead);
    }

    public async ValueTask<IReadOnlyList<string>> ListJournalsAsync(ConversationKey key, CancellationToken cancellationToken) =>
        await calls.RunAsync(
            key,
            static (connection, key, limit) => ReadNamesAsync(connection.Command(PostgresStatements.ListJournals, key), limit),
            cancellationToken);

    public ValueTask<byte[]?> ReadMetadataAsync(ConversationKey key, CancellationToken cancellationToken) =>
        _catalogue.ReadContentAsync(key, cancellationToken);

    public ValueTask<bool> TryWriteMetadataAsync(
        ConversationKey key, byte[] content, string? expectedVersion, CancellationToken cancellationToken) =>
        _catalogue.TryWriteContentAsync(key, content, expectedVersion, cancellationToken);

    public ValueTask<byte[]?> ReadDocumentAsync(UserDocument document, ConversationId? userId, CancellationToken cancellationToken) =>
        _documents.ReadContentAsync(document, userId, cancellationToken);

    public ValueTask<bool> TryWriteDocumentAsync(
        UserDocument document, ConversationId? userId, byte[] content, string? expectedVersion, CancellationToken cancellationToken) =>
        _documents.TryWriteContentAsync(document, userId, content, expectedVersion, cancellationToken);

    public ValueTask<IReadOnlyList<ForeignItem>> ListForeignAsync(ConversationId? userId, CancellationToken cancellationToken) => new([]);

    public ValueTask<IReadOnlyList<ForeignItem>> ListForeignAsync(ConversationKey key, CancellationToken cancellationToken) => new([]);

    private static async ValueTask<List<string>> ReadNamesAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var names = new List<string>();
            while (await reader.ReadAsync(cancellationToken))
            {
                names.Add(reader.GetString(0));
            }

            return names;
        }
    }

    /// <summary>The gateway writes no other names; a row that somebody has put there by hand must not be left out in silence.</summary>
    private static ConversationId IdOf(string name) => ConversationId.TryParse(name, out var id)
        ? id
        : throw new InvalidDataException("The database has a conversation or a user whose name is none that can be served.");
}
