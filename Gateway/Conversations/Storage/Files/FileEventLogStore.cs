using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Storage.Files;

/// <summary>Opens logs in V0's file layout, in place: both servers can work on the same files, one after the other. Thread-safe.</summary>
internal sealed class FileEventLogStore(
    IOptions<FileStorageOptions> options,
    StorageThreads threads,
    LogWatcher watcher,
    TimeProvider timeProvider,
    ILogger<FileEventLog> logger) : IEventLogStore
{
    /// <summary>A temporary file this old was left by a crash: no write takes so long.</summary>
    private static readonly TimeSpan s_temporaryFileLife = TimeSpan.FromHours(1);

    private readonly string _root = options.Value.ExpandedRoot();
    private readonly Durability _durability = options.Value.Durability;

    public ValueTask<IEventLog> OpenAsync(ConversationKey key, CancellationToken cancellationToken) => threads.RunAsync(
        key,
        StorageCallKind.Read,
        (Store: this, Key: key),
        static IEventLog (open) => open.Store.Open(open.Key),
        cancellationToken);

    private FileEventLog Open(ConversationKey key)
    {
        var paths = new ConversationPaths(_root, key);
        var oldest = timeProvider.GetUtcNow() - s_temporaryFileLife;
        DirectoryListing.Clean(paths.Directory, oldest);
        return new FileEventLog(key, paths, _durability, oldest, threads, watcher, logger);
    }
}
