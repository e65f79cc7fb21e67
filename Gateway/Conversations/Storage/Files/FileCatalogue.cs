using Microsoft.Extensions.Options;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// The conversations that have a folder in V0's file layout, and their <c>metadata.json</c>. What is read is what stands on disk at that
/// moment; the order of lists is kept in memory and follows the folders (<see cref="CatalogueIndexes"/>). Thread-safe.
/// </summary>
internal sealed class FileCatalogue : IConversationCatalogue, IDisposable
{
    private const int MaxDamagedTold = 100;

    // A page whose conversations change while it is read is cut again.
    private const int MaxCuts = 10;

    private readonly string _root;
    private readonly Durability _durability;
    private readonly StorageThreads _threads;
    private readonly DocumentFile _file;
    private readonly CatalogueIndexes _indexes;

    public FileCatalogue(IOptions<FileStorageOptions> options, StorageThreads threads, TimeProvider timeProvider)
    {
        _root = options.Value.ExpandedRoot();
        _durability = options.Value.Durability;
        _threads = threads;
        _file = new DocumentFile(timeProvider);
        _indexes = new CatalogueIndexes(_root, threads, options.Value.MaxWatches > 0, Look);
    }

    public async ValueTask<CataloguePage> ListAsync(ConversationId? userId, int offset, int limit, CancellationToken cancellationToken)
    {
        while (true)
        {
            var index = await _indexes.GetAsync(userId, cancellationToken);
            var (page, _) = await _file.ReadWholeAsync(
                () => _threads.RunAsync(
                    // Lists wait for one another, and for no conversation.
                    new ConversationKey(default, userId),
                    StorageCallKind.Read,
                    (Catalogue: this, Index: index, UserId: userId, Offset: offset, Limit: limit),
                    static list => list.Catalogue.List(list.Index, list.UserId, list.Offset, list.Limit),
                    cancellationToken),
                static list => list.IsBeingWritten,
                cancellationToken);
            if (page is not null)
            {
                return page;
            }

            _indexes.Forget(userId, index);
        }
    }

    public void Dispose() => _indexes.Dispose();

    public async ValueTask<StoredDocument?> ReadAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        var read = await _file.ReadWholeAsync(
            () => _threads.RunAsync(
                key,
                StorageCallKind.Read,
                (File: _file, Paths: Paths(key)),
                static read => read.File.Read(read.Paths.Metadata),
                cancellationToken),
            static read => read.IsBeingWritten,
            cancellationToken);
        return read.Damaged is { } damaged
            ? throw new DamagedMetadataException(key.Id, MetadataRules.DamageOf(damaged))
            : read.Stored;
    }

    public ValueTask<bool> TryCreateAsync(ConversationKey key, JObject metadata, CancellationToken cancellationToken) => _threads.RunAsync(
        key,
        StorageCallKind.Read,
        (Paths: Paths(key), Content: DocumentBytes.Encode(metadata), Durability: _durability),
        static create => AtomicFile.TryCreate(create.Paths.Directory, create.Paths.Metadata, create.Content, create.Durability),
        cancellationToken);

    public ValueTask<bool> TryReplaceAsync(
        ConversationKey key, JObject metadata, string expectedVersion, CancellationToken cancellationToken) => _threads.RunAsync(
        key,
        StorageCallKind.Read,
        (Catalogue: this, Paths: Paths(key), Content: DocumentBytes.Encode(metadata), Version: expectedVersion),
        static replace => replace.Catalogue.TryReplace(replace.Paths, replace.Content, replace.Version),
        cancellationToken);

    public ValueTask<bool> DeleteAsync(ConversationKey key, CancellationToken cancellationToken) => _threads.RunAsync(
        key,
        StorageCallKind.Read,
        (Catalogue: this, Paths: Paths(key)),
        static delete => delete.Catalogue.Delete(delete.Paths),
        cancellationToken);

    private ConversationPaths Paths(ConversationKey key) => new(_root, key);

    /// <summary>
    /// V0's page: Python's slice of what can be listed. Null when the index is to be made anew. A conversation whose file is being written
    /// is missing from it.
    /// </summary>
    private (CataloguePage? Page, bool IsBeingWritten) List(CatalogueIndex index, ConversationId? userId, int offset, int limit)
    {
        lock (index.Lock)
        {
            if (!index.TryFollow())
            {
                return default;
            }

            for (var cut = 1; ; cut++)
            {
                var entries = new List<CatalogueEntry>();
                var isStill = true;
                foreach (var name in Slice(index, offset, limit).Select(static conversation => conversation.Name).ToList())
                {
                    if (ReadEntry(name, userId).Entry is { } entry && index.IsInPlace(name, entry.CreatedAt))
                    {
                        entries.Add(entry);
                    }
                    else
                    {
                        // It has changed since the index has seen it, or is changing.
                        index.LookAgain(name);
                        isStill = false;
                    }
                }

                if (isStill || cut == MaxCuts)
                {
                    var damaged = index.Damaged.Take(MaxDamagedTold).Select(static one => new DamagedEntry(one.Name, one.Problem ?? ""));
                    return (new CataloguePage(entries, index.Count, [.. damaged]), index.IsBeingWritten);
                }
            }
        }
    }

    private static IEnumerable<IndexedConversation> Slice(CatalogueIndex index, int offset, int limit)
    {
        var (from, count) = CataloguePage.Slice(offset, limit, index.Sound.Count, index.Count);
        return Enumerable.Range(from, count).Select(n => index.Sound[n]);
    }

    /// <summary>What the index keeps of a name; null when nothing has it.</summary>
    private IndexedConversation? Look(ConversationId? userId, string name)
    {
        var stamp = _indexes.StampOf(userId, name);
        var (entry, problem, isBeingWritten) = ReadEntry(name, userId);
        if (entry is not null)
        {
            return new IndexedConversation(name, stamp, entry.CreatedAt.UtcTicks, null);
        }

        return Path.Exists(Path.Join(ConversationPaths.Conversations(_root, userId), name))
            ? new IndexedConversation(name, stamp, 0, problem, isBeingWritten)
            : null;
    }

    /// <summary>The entry, or why there is none.</summary>
    private (CatalogueEntry? Entry, string Problem, bool IsBeingWritten) ReadEntry(string name, ConversationId? userId)
    {
        if (!ConversationId.TryParse(name, out var id))
        {
            return (null, "its name is no conversation id", false);
        }

        var key = new ConversationKey(id, userId);
        try
        {
            var read = _file.Read(Paths(key).Metadata);
            if (read.Damaged is not null)
            {
                return (null, MetadataRules.DamagedProblem, read.IsBeingWritten);
            }

            if (read.Stored is not { } metadata)
            {
                return (null, "it has no metadata", false);
            }

            if (MetadataRules.FindDamage(metadata.Json) is { } damage)
            {
                return (null, damage.Problem, false);
            }

            _ = MetadataTime.TryParse(metadata.Json["created_at"], out var createdAt);
            return (new CatalogueEntry(key, createdAt, metadata), "", false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var isDenied = exception is UnauthorizedAccessException or StorageException { Failure: StorageFailure.AccessDenied };
            return (null, isDenied ? "its metadata may not be read" : MetadataRules.DamagedProblem, false);
        }
    }

    private bool TryReplace(ConversationPaths paths, byte[] content, string expectedVersion)
    {
        try
        {
            // Held from the comparison to the rename, against other processes too.
            using var locked = NativeFiles.LockDirectory(paths.Directory);
            if (_file.Read(paths.Metadata).Stored?.Version != expectedVersion)
            {
                return false;
            }

            AtomicFile.Replace(paths.Directory, paths.Metadata, content, _durability);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            // Deleted meanwhile.
            return false;
        }
    }

    /// <summary>One rename takes the conversation away; only then are its files deleted, one by one.</summary>
    private bool Delete(ConversationPaths paths)
    {
        if (!Directory.Exists(paths.Directory))
        {
            return false;
        }

        var deleted = Path.Join(_root, ConversationPaths.DeletedFolder);
        Directory.CreateDirectory(deleted);
        try
        {
            Directory.Move(paths.Directory, Path.Join(deleted, Guid.NewGuid().ToString("N")));
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody else was faster.
            return false;
        }

        DurableDirectory.Sync(Path.GetDirectoryName(paths.Directory) ?? _root, _durability);
        foreach (var leftover in Directory.EnumerateDirectories(deleted))
        {
            // With what crashes in earlier deletions left.
            TryDeleteTree(leftover);
        }

        return true;
    }

    private static void TryDeleteTree(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another deletion is at it, or the next one tries again: the conversation is gone either way.
        }
    }
}
