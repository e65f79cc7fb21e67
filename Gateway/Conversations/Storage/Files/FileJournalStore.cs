using System.Runtime.CompilerServices;
using System.Text;

using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Storage.Files;

/// <summary>Journals as files in the conversation's folder, where V0 does not look. Thread-safe.</summary>
internal sealed class FileJournalStore(IOptions<FileStorageOptions> options, StorageThreads threads) : IJournalStore
{
    private readonly string _root = options.Value.ExpandedRoot();
    private readonly Durability _durability = options.Value.Durability;

    public IJournal Open(ConversationKey key, string name, IEventLog? owner = null) =>
        new FileJournal(key, new ConversationPaths(_root, key).Directory, name, _durability, threads);
}

/// <summary>
/// One such file: a line feed ends each line, and what stands behind the last one was torn by a crash. One user at a time.
/// </summary>
internal sealed class FileJournal(ConversationKey key, string directory, string name, Durability durability, StorageThreads threads)
    : IJournal
{
    private readonly string _path = Path.Join(directory, name);

    public async IAsyncEnumerable<string> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var content = await threads.RunAsync(key, StorageCallKind.Read, this, static journal => journal.Read(), cancellationToken);
        var start = 0;
        while (content.Span[start..].IndexOf((byte)'\n') is >= 0 and var length)
        {
            yield return Encoding.UTF8.GetString(content.Span.Slice(start, length));
            start += length + 1;
        }
    }

    public async ValueTask AppendAsync(IReadOnlyList<string> lines, CancellationToken cancellationToken) => await threads.RunAsync(
        key,
        StorageCallKind.Read,
        (Journal: this, Content: Encode(lines)),
        static append => append.Journal.Append(append.Content),
        cancellationToken);

    public async ValueTask ReplaceAsync(IReadOnlyList<string> lines, CancellationToken cancellationToken) => await threads.RunAsync(
        key,
        StorageCallKind.Read,
        (Journal: this, Content: Encode(lines)),
        static replace => replace.Journal.Replace(replace.Content),
        cancellationToken);

    private PooledBytes Read()
    {
        var content = new PooledBytes();
        if (content.AppendFile(_path) == FileRead.AccessDenied)
        {
            throw new StorageException(StorageFailure.AccessDenied, "access to the store was denied");
        }

        return content;
    }

    private bool Append(byte[] content)
    {
        DurableDirectory.Create(directory, durability);
        using var file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        var isNew = file.Length == 0;
        file.SetLength(EndOfLastLine(file));
        file.Seek(0, SeekOrigin.End);
        file.Write(content);
        if (durability == Durability.Fsync)
        {
            file.Flush(flushToDisk: true);
        }

        if (isNew)
        {
            DurableDirectory.Sync(directory, durability);
        }

        return true;
    }

    private bool Replace(byte[] content)
    {
        AtomicFile.Replace(directory, _path, content, durability);
        return true;
    }

    /// <summary>Where the last whole line ends. Read backwards, a little at a time: nearly always the last byte says it.</summary>
    private static long EndOfLastLine(FileStream file)
    {
        Span<byte> part = stackalloc byte[512];
        for (var end = file.Length; end > 0;)
        {
            var length = (int)Math.Min(end, end == file.Length ? 1 : part.Length);
            file.Seek(end - length, SeekOrigin.Begin);
            file.ReadExactly(part[..length]);
            if (part[..length].LastIndexOf((byte)'\n') is >= 0 and var index)
            {
                return end - length + index + 1;
            }

            end -= length;
        }

        return 0;
    }

    private static byte[] Encode(IReadOnlyList<string> lines)
    {
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            text.Append(line).Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
