using System.Collections.Concurrent;

using Microsoft.Extensions.Options;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// V0's <c>settings.json</c> and <c>secrets.json</c>, at the root of the store or in the user's folder. What was read is kept in memory as
/// long as the file's stamp says that it is still the same, so that most reads cost one look at the file. Thread-safe.
/// </summary>
internal sealed class FileUserDocuments(IOptions<FileStorageOptions> options, StorageThreads threads, TimeProvider timeProvider)
    : IUserDocuments
{
    /// <summary>Larger ones are damage: nobody writes them.</summary>
    private const long MaxBytes = 16 * 1024 * 1024;

    private readonly string _root = options.Value.ExpandedRoot();
    private readonly Durability _durability = options.Value.Durability;
    private readonly DocumentFile _file = new(timeProvider);
    private readonly ConcurrentDictionary<(UserDocument, ConversationId?), Kept> _kept = new();

    public async ValueTask<StoredDocument?> ReadAsync(
        UserDocument document, ConversationId? userId, CancellationToken cancellationToken)
    {
        var read = await _file.ReadWholeAsync(
            () => threads.RunAsync(
                Lane(userId),
                StorageCallKind.Read,
                (Documents: this, Document: document, UserId: userId),
                static read => read.Documents.Read(read.Document, read.UserId),
                cancellationToken),
            static read => read.IsBeingWritten,
            cancellationToken);
        return ProblemOf(read) is { } problem ? throw new InvalidDataException($"The user's {document} are {problem}.") : read.Stored;
    }

    public ValueTask<bool> TryWriteAsync(
        UserDocument document, ConversationId? userId, JObject json, string? expectedVersion, CancellationToken cancellationToken) =>
        threads.RunAsync(
            Lane(userId),
            StorageCallKind.Read,
            (Documents: this, Document: document, UserId: userId, Content: DocumentBytes.Encode(json), Version: expectedVersion),
            static write => write.Documents.TryWrite(write.Document, write.UserId, write.Content, write.Version),
            cancellationToken);

    /// <summary>Reads of a user's documents wait for one another, and for no conversation.</summary>
    private static ConversationKey Lane(ConversationId? userId) =>
        ConversationId.TryParse("user-documents", out var id) ? new ConversationKey(id, userId) : default;

    /// <summary>The folder that holds a user's documents, or those of a server without users.</summary>
    public static string Folder(string root, ConversationId? userId) => userId is { } user ? Path.Join(root, "users", user.Value) : root;

    public static string PathOf(string folder, UserDocument document) => Path.Join(folder, document switch
    {
        UserDocument.Settings => "settings.json",
        UserDocument.Secrets => "secrets.json",
        _ => throw new ArgumentOutOfRangeException(nameof(document)),
    });

    private static string? ProblemOf(DocumentRead read) =>
        read.IsTooLarge ? "too large"
        : read.Damaged is not { } content ? null
        : content.Length == 0 ? "empty"
        : "damaged";

    private DocumentRead Read(UserDocument document, ConversationId? userId)
    {
        var path = PathOf(Folder(_root, userId), document);
        var key = (document, userId);

        // Taken before the content: a change in between shows as a stamp that is too old.
        var stamp = FileStamp.Of(path);
        if (stamp is { } now && _kept.TryGetValue(key, out var kept) && kept.Stamp == now)
        {
            return kept.Read;
        }

        var read = _file.Read(path, MaxBytes);
        if (read.Stored is not null && stamp is { } taken && taken.IsSettled(timeProvider.GetUtcNow()))
        {
            _kept[key] = new Kept(taken, read);
        }
        else
        {
            _kept.TryRemove(key, out _);
        }

        return read;
    }

    private bool TryWrite(UserDocument document, ConversationId? userId, byte[] content, string? expectedVersion)
    {
        var folder = Folder(_root, userId);
        var path = PathOf(folder, document);
        DurableDirectory.Create(folder, _durability);

        // Held from the comparison to the rename, against other processes too.
        using var locked = NativeFiles.LockDirectory(folder);
        var read = _file.Read(path, MaxBytes);
        if (ProblemOf(read) is not null || read.Stored?.Version != expectedVersion)
        {
            return false;
        }

        if (expectedVersion is null)
        {
            return AtomicFile.TryCreate(folder, path, content, _durability);
        }

        AtomicFile.Replace(folder, path, content, _durability);
        return true;
    }

    /// <summary>A reading, and the stamp that the file had before it.</summary>
    private sealed record Kept(FileStamp Stamp, DocumentRead Read);
}
