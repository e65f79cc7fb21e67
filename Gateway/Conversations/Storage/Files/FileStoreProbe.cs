using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// Whether the store's folder may be written and has room, without writing: a disk that is idle stays so. On a storage thread, because a
/// disk that hangs keeps it. Any thread.
/// </summary>
internal sealed class FileStoreProbe(IOptions<FileStorageOptions> options, StorageThreads threads) : IStoreProbe
{
    private readonly string _root = options.Value.ExpandedRoot();

    public async ValueTask ProbeAsync(CancellationToken cancellationToken)
    {
        // A lane of its own: it waits for no conversation.
        var lane = ConversationId.TryParse("store-probe", out var id) ? new ConversationKey(id) : default;
        if (await threads.RunAsync(lane, StorageCallKind.Read, _root, FindProblem, cancellationToken) is { } problem)
        {
            throw new StorageException(StorageFailure.Unavailable, problem);
        }
    }

    private static string? FindProblem(string root)
    {
        // The store's folder is made with the first conversation, unless something else has its name.
        var folder = root;
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
        {
            if (File.Exists(folder) || new FileInfo(folder).LinkTarget is not null)
            {
                return "the store is no folder";
            }

            folder = parent;
        }

        return !NativeFiles.MayWrite(folder) ? "the store may not be written"
            : new DriveInfo(folder).AvailableFreeSpace == 0 ? "the store's disk is full"
            : null;
    }
}
