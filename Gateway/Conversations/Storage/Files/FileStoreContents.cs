using System.Runtime.CompilerServices;

using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Storage.Files;

/// <summary>What V0's file layout holds, byte for byte, and what else stands there. Thread-safe.</summary>
internal sealed class FileStoreContents(IOptions<FileStorageOptions> options, StorageThreads threads) : IStoreContents
{
    private const string NoId = "its name is no id, so the gateway cannot serve it";
    private const string ConversationsFolder = "conversations";

    private static readonly string[] s_ofTheRoot = ["sessions", "users", ConversationPaths.DeletedFolder, FileClaims.Folder];
    private static readonly string[] s_ofAConversation = ["metadata.json", "events", "event_cache"];

    private readonly string _root = options.Value.ExpandedRoot();
    private readonly Durability _durability = options.Value.Durability;

    private string Users => Path.Join(_root, "users");

    /// <summary>Whether a folder looks like a store at all.</summary>
    public static bool IsStore(string root) =>
        s_ofTheRoot.Take(2).Any(name => Directory.Exists(Path.Join(root, name)))
        || Enum.GetValues<UserDocument>().Any(document => File.Exists(FileUserDocuments.PathOf(root, document)));

    public async ValueTask<IReadOnlyList<ConversationId?>> ListUsersAsync(CancellationToken cancellationToken) =>
        [null, .. (await ListIdsAsync(Users, null, cancellationToken)).Select(static id => (ConversationId?)id)];

    public async IAsyncEnumerable<ConversationId> ListConversationsAsync(
        ConversationId? userId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var id in await ListIdsAsync(ConversationPaths.Conversations(_root, userId), userId, cancellationToken))
        {
            yield return id;
        }
    }

    public ValueTask<string?> FindDamageAsync(ConversationKey key, CancellationToken cancellationToken) =>
        RunAsync(key, () => FindDamage(new ConversationPaths(_root, key)), cancellationToken);

    public ValueTask<IReadOnlyList<string>> ListJournalsAsync(ConversationKey key, CancellationToken cancellationToken) => RunAsync(
        key,
        IReadOnlyList<string> () =>
        [
            .. DirectoryListing.Entries(new ConversationPaths(_root, key).Directory)
                .Where(static entry => !entry.IsFolder && IJournalStore.IsName(entry.Name))
                .Select(static entry => entry.Name).Order(StringComparer.Ordinal),
        ],
        cancellationToken);

    public ValueTask<byte[]?> ReadMetadataAsync(ConversationKey key, CancellationToken cancellationToken) =>
        RunAsync(key, () => Read(new ConversationPaths(_root, key).Metadata), cancellationToken);

    public ValueTask<bool> TryWriteMetadataAsync(
        ConversationKey key, byte[] content, string? expectedVersion, CancellationToken cancellationToken)
    {
        var paths = new ConversationPaths(_root, key);
        return RunAsync(key, () => TryWrite(paths.Directory, paths.Metadata, content, expectedVersion), cancellationToken);
    }

    public ValueTask<byte[]?> ReadDocumentAsync(UserDocument document, ConversationId? userId, CancellationToken cancellationToken) =>
        RunAsync(
            new ConversationKey(default, userId),
            () => Read(FileUserDocuments.PathOf(FileUserDocuments.Folder(_root, userId), document)),
            cancellationToken);

    public ValueTask<bool> TryWriteDocumentAsync(
        UserDocument document, ConversationId? userId, byte[] content, string? expectedVersion, CancellationToken cancellationToken)
    {
        var folder = FileUserDocuments.Folder(_root, userId);
        return RunAsync(
            new ConversationKey(default, userId),
            () => TryWrite(folder, FileUserDocuments.PathOf(folder, document), content, expectedVersion),
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<ForeignItem>> ListForeignAsync(ConversationId? userId, CancellationToken cancellationToken) =>
        RunAsync(new ConversationKey(default, userId), () => FindForeign(userId), cancellationToken);

    public ValueTask<IReadOnlyList<ForeignItem>> ListForeignAsync(ConversationKey key, CancellationToken cancellationToken) =>
        RunAsync(key, () => FindForeign(new ConversationPaths(_root, key)), cancellationToken);

    private ValueTask<T> RunAsync<T>(ConversationKey key, Func<T> run, CancellationToken cancellationToken) =>
        threads.RunAsync(key, StorageCallKind.Read, run, static run => run(), cancellationToken);

    private ValueTask<List<ConversationId>> ListIdsAsync(string folder, ConversationId? userId, CancellationToken cancellationToken) =>
        RunAsync(
            new ConversationKey(default, userId),
            () =>
            {
                var ids = new List<ConversationId>();
                foreach (var (name, isFolder) in DirectoryListing.Entries(folder))
                {
                    if (isFolder && ConversationId.TryParse(name, out var id))
                    {
                        ids.Add(id);
                    }
                }

                ids.Sort(static (one, other) => string.CompareOrdinal(one.Value, other.Value));
                return ids;
            },
            cancellationToken);

    private IReadOnlyList<ForeignItem> FindForeign(ConversationId? userId)
    {
        var folder = FileUserDocuments.Folder(_root, userId);
        var documents = Enum.GetValues<UserDocument>()
            .Select(document => Path.GetFileName(FileUserDocuments.PathOf(folder, document)));
        string[] known = [.. documents, .. userId is null ? s_ofTheRoot : [ConversationsFolder]];
        var beside = DirectoryListing.Entries(folder).Where(entry => !known.Contains(entry.Name)).Select(static entry => ItemOf(entry));
        var named = Unnamed(ConversationPaths.Conversations(_root, userId));
        return [.. beside, .. named, .. userId is null ? Unnamed(Users) : []];
    }

    /// <summary>What stands in a folder of conversations, or of users, and is none.</summary>
    private IEnumerable<ForeignItem> Unnamed(string folder) => DirectoryListing.Entries(folder)
        .Where(static entry => !entry.IsFolder || !ConversationId.TryParse(entry.Name, out _))
        .Select(entry => ItemOf(
            (Path.Join(Path.GetRelativePath(_root, folder), entry.Name), entry.IsFolder), entry.IsFolder ? NoId : null));

    private static IReadOnlyList<ForeignItem> FindForeign(ConversationPaths paths)
    {
        var beside = DirectoryListing.Entries(paths.Directory)
            .Where(static entry => !s_ofAConversation.Contains(entry.Name) && (entry.IsFolder || !IJournalStore.IsName(entry.Name)))
            .Select(static entry => ItemOf(entry));
        var events = DirectoryListing.Entries(paths.Events)
            .Where(static entry => entry.IsFolder || ConversationPaths.ParseEvent(entry.Name) < 0)
            .Select(static entry => ItemOf(
                ($"events/{entry.Name}", entry.IsFolder),
                entry.IsFolder && ConversationPaths.ParseEvent(entry.Name) >= 0 ? "it has an event's name and is a folder" : null));
        return [.. beside, .. events];
    }

    private static ForeignItem ItemOf((string Name, bool IsFolder) entry, string? problem = null) =>
        new(entry.IsFolder ? entry.Name + "/" : entry.Name, problem);

    // V0 and the gateway write an event's own file before the page that it is in.
    private static string? FindDamage(ConversationPaths paths)
    {
        var pages = DirectoryListing.Ids(paths.Pages, ConversationPaths.ParsePage, null).DefaultIfEmpty(ConversationPaths.NoId).Max();
        var events = DirectoryListing.Ids(paths.Events, ConversationPaths.ParseEvent, null).DefaultIfEmpty(ConversationPaths.NoId).Max();
        return pages != ConversationPaths.NoId && (long)pages + ConversationPaths.PageSize - 1 > events
            ? "its pages hold later events than its event files: it is copied by half"
            : null;
    }

    private static byte[]? Read(string path)
    {
        using var content = new PooledBytes();
        return content.AppendFile(path) switch
        {
            FileRead.Missing => null,
            FileRead.Done => content.Span.ToArray(),
            _ => throw new StorageException(StorageFailure.AccessDenied, "access to the store was denied"),
        };
    }

    private bool TryWrite(string folder, string path, byte[] content, string? expectedVersion)
    {
        if (expectedVersion is null)
        {
            return AtomicFile.TryCreate(folder, path, content, _durability);
        }

        // Held from the comparison to the rename, against other processes too.
        using var locked = NativeFiles.LockDirectory(folder);
        if (Read(path) is not { } stored || DocumentBytes.Version(stored) != expectedVersion)
        {
            return false;
        }

        AtomicFile.Replace(folder, path, content, _durability);
        return true;
    }
}
