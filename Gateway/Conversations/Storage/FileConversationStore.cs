using System.Text;

using Gateway.Conversations.Events;

using Microsoft.Extensions.Options;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Storage;

/// <summary>Conversations in V0's file layout, in place: both servers can work on the same files, one after the other. Thread-safe.</summary>
internal sealed class FileConversationStore(
    IOptions<StorageOptions> options, TimeProvider timeProvider, ILogger<FileEventLog> logger) : IConversationStore
{
    /// <summary>A temporary file this old was left by a crash: no write takes so long.</summary>
    private static readonly TimeSpan s_temporaryFileLife = TimeSpan.FromHours(1);

    private readonly string _root = options.Value.ExpandedRoot();
    private readonly Durability _durability = options.Value.Durability;

    public async Task<JObject?> ReadMetadataAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        var path = new ConversationPaths(_root, key).Metadata;
        if (!File.Exists(path))
        {
            return null;
        }

        byte[] bytes;
        try
        {
            bytes = await File.ReadAllBytesAsync(path, cancellationToken);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        return EventJsonReader.TryReadObject(bytes, out var metadata)
            ? metadata
            : throw new InvalidDataException($"The metadata of conversation {key.Id} is {(bytes.Length == 0 ? "empty" : "damaged")}.");
    }

    public Task WriteMetadataAsync(ConversationKey key, JObject metadata, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var paths = new ConversationPaths(_root, key);
        Directory.CreateDirectory(paths.Directory);
        AtomicFile.Replace(paths.Directory, paths.Metadata, Encoding.UTF8.GetBytes(metadata.ToString(Formatting.None)), _durability);
        return Task.CompletedTask;
    }

    public Task<IEventLog> OpenLogAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var paths = new ConversationPaths(_root, key);
        var oldest = timeProvider.GetUtcNow() - s_temporaryFileLife;
        DirectoryListing.Clean(paths.Directory, oldest);
        return Task.FromResult<IEventLog>(new FileEventLog(key.Id, paths, _durability, oldest, logger));
    }
}
