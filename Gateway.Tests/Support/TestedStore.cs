using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Support;

/// <summary>
/// An empty store of one kind, and what somebody who knows how it is kept can put there by hand. Each call of <see cref="OpenAsync"/> opens
/// a log that knows nothing of the others: as many gateways. One test owns it.
/// </summary>
internal abstract class TestedStore : IAsyncDisposable
{
    public abstract IConversationCatalogue Catalogue { get; }

    public abstract IEventLogStore Logs { get; }

    public abstract IJournalStore Journals { get; }

    public abstract IUserDocuments Documents { get; }

    public abstract IStoreContents Contents { get; }

    /// <summary>All of it, as another program has it.</summary>
    public WholeStore Whole => new(Logs, Journals, Contents);

    public static async Task<TestedStore> CreateAsync(StorageKind kind) =>
        kind == StorageKind.Postgres ? await TestedDatabase.CreateAsync() : new TestedFiles();

    public Task<IEventLog> OpenAsync(string id, string? user = null) =>
        Logs.OpenAsync(TestStore.Key(id, user), CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

    /// <summary>How the store names an event of which it says that something is wrong.</summary>
    public abstract string NameOf(int eventId);

    /// <summary>Puts bytes in an event's place.</summary>
    public abstract Task PutEventAsync(string id, int eventId, byte[] body);

    /// <summary>Takes an event away.</summary>
    public abstract Task RemoveEventAsync(string id, int eventId);

    /// <summary>Makes a conversation of which nothing is said.</summary>
    public abstract Task PutConversationAsync(string id);

    public abstract Task PutMetadataAsync(string id, string content);

    public abstract Task PutDocumentAsync(UserDocument document, string content);

    /// <summary>What stands there of a document; null when there is none.</summary>
    public abstract Task<string?> ContentOfAsync(UserDocument document);

    /// <summary>What stands there of a conversation's metadata; null when there is none.</summary>
    public abstract Task<string?> MetadataOfAsync(ConversationKey key);

    /// <summary>How many files or rows there are of whatever.</summary>
    public abstract Task<long> CountAsync();

    public abstract ValueTask DisposeAsync();
}

/// <summary>A file store in a temporary folder.</summary>
internal sealed class TestedFiles : TestedStore
{
    private readonly TempStore _root = TempStore.Empty();
    private readonly FileCatalogue _catalogue;
    private readonly StorageThreads _threads;

    public TestedFiles()
    {
        var options = Options.Create(new FileStorageOptions { Root = _root.Root });
        _threads = new StorageThreads(options, TimeProvider.System, NullLogger<StorageThreads>.Instance);
        _catalogue = TestStore.Catalogue(_root.Root);
        Documents = new FileUserDocuments(options, _threads, TimeProvider.System);
        Contents = new FileStoreContents(options, _threads);
    }

    public string Root => _root.Root;

    public override IConversationCatalogue Catalogue => _catalogue;

    public override IEventLogStore Logs => TestStore.Logs(_root.Root);

    public override IJournalStore Journals => TestStore.Journals(_root.Root);

    public override IUserDocuments Documents { get; }

    public override IStoreContents Contents { get; }

    public override string NameOf(int eventId) => $"events/{eventId}.json";

    public override Task PutEventAsync(string id, int eventId, byte[] body)
    {
        Directory.CreateDirectory(_root.PathOf("sessions", id, "events"));
        return File.WriteAllBytesAsync(_root.PathOf("sessions", id, "events", $"{eventId}.json"), body);
    }

    public override Task RemoveEventAsync(string id, int eventId)
    {
        File.Delete(_root.PathOf("sessions", id, "events", $"{eventId}.json"));
        return Task.CompletedTask;
    }

    public override Task PutConversationAsync(string id)
    {
        Directory.CreateDirectory(_root.PathOf("sessions", id));
        return Task.CompletedTask;
    }

    public override async Task PutMetadataAsync(string id, string content)
    {
        await PutConversationAsync(id);
        var path = _root.PathOf("sessions", id, "metadata.json");
        await File.WriteAllTextAsync(path, content);

        // Long ago: nobody is still at it.
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
    }

    public override Task PutDocumentAsync(UserDocument document, string content) => File.WriteAllTextAsync(PathOf(document), content);

    public override async Task<string?> ContentOfAsync(UserDocument document) =>
        File.Exists(PathOf(document)) ? await File.ReadAllTextAsync(PathOf(document)) : null;

    public override async Task<string?> MetadataOfAsync(ConversationKey key)
    {
        var path = new ConversationPaths(_root.Root, key).Metadata;
        return File.Exists(path) ? await File.ReadAllTextAsync(path) : null;
    }

    public override Task<long> CountAsync() =>
        Task.FromResult((long)Directory.EnumerateFiles(_root.Root, "*", SearchOption.AllDirectories).Count());

    public override ValueTask DisposeAsync()
    {
        _catalogue.Dispose();
        _threads.Dispose();
        _root.Dispose();
        return ValueTask.CompletedTask;
    }

    private string PathOf(UserDocument document) => _root.PathOf($"{document}.json".ToLowerInvariant());
}
