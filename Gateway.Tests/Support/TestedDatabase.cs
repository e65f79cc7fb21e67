using System.Text;

using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Postgres;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

using Npgsql;

namespace Gateway.Tests.Support;

/// <summary>A database of its own on the tests' server, with the store's tables.</summary>
internal sealed class TestedDatabase : TestedStore
{
    private static readonly string[] s_tables = ["conversations", "events", "metadata", "journals", "user_documents"];

    private readonly PostgresCalls _calls;
    private readonly PostgresHeads _heads;

    // For what a test says by hand.
    private readonly NpgsqlDataSource _byHand;

    private TestedDatabase(string connectionString, PostgresCalls calls)
    {
        ConnectionString = connectionString;
        _calls = calls;
        _byHand = NpgsqlDataSource.Create($"{connectionString};Maximum Pool Size=4");
        _heads = new PostgresHeads(calls, TimeProvider.System, NullLogger<PostgresHeads>.Instance);
        Catalogue = new PostgresCatalogue(calls, _heads);
        Logs = new PostgresEventLogStore(calls, _heads);
        Journals = new PostgresJournalStore(calls);
        Documents = new PostgresUserDocuments(calls);
        Contents = new PostgresStoreContents(calls, _heads);
    }

    public string ConnectionString { get; }

    public override IConversationCatalogue Catalogue { get; }

    public override IEventLogStore Logs { get; }

    public override IJournalStore Journals { get; }

    public override IUserDocuments Documents { get; }

    public override IStoreContents Contents { get; }

    /// <param name="server">The server, where it is not the tests' shared one.</param>
    public static async Task<TestedDatabase> CreateAsync(PostgresServer? server = null)
    {
        server ??= await PostgresServer.SharedAsync();
        var connectionString = await server.CreateDatabaseAsync();
        var calls = Calls(connectionString);
        await new PostgresMigration(calls, NullLogger<PostgresMigration>.Instance).StartAsync(CancellationToken.None);
        return new TestedDatabase(connectionString, calls);
    }

    public static PostgresCalls Calls(string connectionString, int maxConnections = 8, TimeSpan? limit = null) => new(
        Options.Create(new PostgresStorageOptions
        {
            ConnectionString = connectionString,
            MaxConnections = maxConnections,
            CallTimeout = limit ?? TestLimits.Step,
        }),
        NullLogger<PostgresCalls>.Instance);

    /// <summary>Another gateway's logs on the same database, which reaches it by another way.</summary>
    public static PostgresEventLogStore LogsOver(PostgresCalls calls) =>
        new(calls, new PostgresHeads(calls, TimeProvider.System, NullLogger<PostgresHeads>.Instance));

    public override string NameOf(int eventId) => $"event {eventId}";

    public override async Task PutEventAsync(string id, int eventId, byte[] body)
    {
        await ExecuteAsync(
            """
            INSERT INTO gateway.conversations AS c (conversation_id, user_id, head) VALUES ($1, '', $2)
            ON CONFLICT (conversation_id, user_id) DO UPDATE SET head = greatest(c.head, $2)
            """,
            id, eventId);
        await ExecuteAsync("INSERT INTO gateway.events (conversation_id, user_id, id, body) VALUES ($1, '', $2, $3)", id, eventId, body);
    }

    public override Task RemoveEventAsync(string id, int eventId) =>
        ExecuteAsync("DELETE FROM gateway.events WHERE conversation_id = $1 AND user_id = '' AND id = $2", id, eventId);

    public override Task PutConversationAsync(string id) =>
        ExecuteAsync("INSERT INTO gateway.conversations (conversation_id, user_id, head) VALUES ($1, '', -1)", id);

    public override async Task PutMetadataAsync(string id, string content)
    {
        await ExecuteAsync(
            "INSERT INTO gateway.conversations (conversation_id, user_id, head) VALUES ($1, '', -1) ON CONFLICT DO NOTHING", id);
        await ExecuteAsync(
            """
            INSERT INTO gateway.metadata (conversation_id, user_id, json, problem) VALUES ($1, '', $2, 'its metadata is damaged')
            """,
            id, Encoding.UTF8.GetBytes(content));
    }

    public override Task PutDocumentAsync(UserDocument document, string content) => ExecuteAsync(
        """
        INSERT INTO gateway.user_documents AS d (user_id, name, json) VALUES ('', $1, $2)
        ON CONFLICT (user_id, name) DO UPDATE SET json = $2
        """,
        NameOf(document), Encoding.UTF8.GetBytes(content));

    public override async Task<string?> ContentOfAsync(UserDocument document) => TextOf(
        await ExecuteAsync("SELECT json FROM gateway.user_documents WHERE user_id = '' AND name = $1", NameOf(document)));

    public override async Task<string?> MetadataOfAsync(ConversationKey key) => TextOf(await ExecuteAsync(
        "SELECT json FROM gateway.metadata WHERE conversation_id = $1 AND user_id = $2", key.Id.Value, key.UserId?.Value ?? ""));

    public override async Task<long> CountAsync()
    {
        var counts = s_tables.Select(static table => $"(SELECT count(*) FROM gateway.{table})");
        return await ExecuteAsync($"SELECT {string.Join(" + ", counts)}") is long count ? count : -1;
    }

    /// <summary>Runs a statement, on a connection that no gateway uses; the first value of its first row.</summary>
    public async Task<object?> ExecuteAsync(string statement, params object[] values)
    {
        await using var connection = await _byHand.OpenConnectionAsync();
        return await PostgresServer.ExecuteAsync(connection, statement, values);
    }

    /// <summary>The server has been away: what the test says by hand goes over new connections.</summary>
    public void ConnectAnew() => _byHand.Clear();

    /// <summary>Ends when so many statements wait for a row.</summary>
    public Task WaitersAsync(int count) => Eventually.GetAsync(
        () => ExecuteAsync("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"),
        waiting => waiting is long number && number >= count,
        $"{count} statements wait");

    public override async ValueTask DisposeAsync()
    {
        _heads.Dispose();
        await _byHand.DisposeAsync();
        await _calls.DisposeAsync();
    }

    private static string NameOf(UserDocument document) => document.ToString().ToLowerInvariant();

    private static string? TextOf(object? content) => content is byte[] bytes ? Encoding.UTF8.GetString(bytes) : null;
}
