using System.Text;

using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Storage;

/// <summary>Side files in V0's layout, where V0 does not look. Thread-safe.</summary>
internal sealed class SideFiles(IOptions<StorageOptions> options) : ISideFiles
{
    private readonly string _root = options.Value.ExpandedRoot();
    private readonly Durability _durability = options.Value.Durability;

    public ISideFile Open(ConversationKey key, string name)
    {
        var directory = new ConversationPaths(_root, key).Directory;
        return new SideFile(directory, Path.Join(directory, name), _durability);
    }

    private sealed class SideFile(string directory, string path, Durability durability) : ISideFile
    {
        private bool _hasAppended;

        public async ValueTask<IReadOnlyList<string>> ReadAsync(CancellationToken cancellationToken)
        {
            try
            {
                return await File.ReadAllLinesAsync(path, Encoding.UTF8, cancellationToken);
            }
            catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
            {
                return [];
            }
        }

        public async ValueTask AppendAsync(IReadOnlyList<string> lines, CancellationToken cancellationToken)
        {
            Directory.CreateDirectory(directory);
            await using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
            var text = new StringBuilder();
            if (!_hasAppended && file.Length > 0)
            {
                // A crash may have left the last line without its end: what is added must not join it.
                text.Append('\n');
            }

            foreach (var line in lines)
            {
                text.Append(line).Append('\n');
            }

            await file.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), cancellationToken);
            await file.FlushAsync(cancellationToken);
            if (durability == Durability.Fsync)
            {
                file.Flush(flushToDisk: true);
            }

            _hasAppended = true;
        }
    }
}
