using Microsoft.Win32.SafeHandles;

namespace Gateway.Conversations.Workspaces.Local;

/// <summary>A file that goes into an archive. Immutable.</summary>
/// <param name="Path">Relative to the workspace.</param>
/// <param name="LastWriteTime">As a ZIP can say it.</param>
/// <param name="Mode">Who may read, write and run it.</param>
/// <param name="FirstLength">How much of it has been read by opening it.</param>
internal sealed record ArchivedFile(string Path, DateTimeOffset LastWriteTime, UnixFileMode Mode, int FirstLength);

/// <summary>
/// The files below a workspace's root, one after the other: first to be counted, then to be read. Each member blocks for as long as the
/// files take, and they wait for one another: one that nobody waits for any more ends before <see cref="Dispose"/> lets go of what it uses.
/// Used for one archive, which disposes it.
/// </summary>
internal sealed class FolderFiles(WorkspaceTree tree) : IDisposable
{
    private const int MaxDepth = 128;
    private const int FilesOfACall = 1_024;

    private readonly Lock _lock = new();
    private SafeFileHandle? _root;
    private IEnumerator<(SafeFileHandle File, string Path)>? _walk;
    private FileStream? _content;
    private bool _isDisposed;

    /// <summary>The next files' number and size; after the last ones the walk begins anew.</summary>
    public (int Count, long Bytes, bool IsMore) CountSome()
    {
        lock (_lock)
        {
            var walk = GoOn();
            var (count, bytes) = (0, 0L);
            while (count < FilesOfACall)
            {
                if (!walk.MoveNext())
                {
                    End();
                    return (count, bytes, false);
                }

                count++;
                bytes += NativeTree.SizeOf(walk.Current.File);
            }

            return (count, bytes, true);
        }
    }

    /// <summary>Opens the next file that may be read, and reads its beginning; null after the last one.</summary>
    public ArchivedFile? OpenNext(byte[] block)
    {
        lock (_lock)
        {
            var walk = GoOn();
            while (walk.MoveNext())
            {
                var (file, path) = walk.Current;
                _content?.Dispose();
                _content = TryOpen(file);
                if (_content is not null)
                {
                    return new ArchivedFile(path, LastWriteTime(file), NativeTree.ModeOf(file), _content.Read(block));
                }
            }

            End();
            return null;
        }
    }

    /// <summary>Reads on in the file that was opened last; 0 at its end.</summary>
    public int ReadOn(byte[] block)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _content?.Read(block) ?? 0;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            End();
            _root?.Dispose();
        }
    }

    private IEnumerator<(SafeFileHandle File, string Path)> GoOn()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _root ??= tree.OpenRoot();
        return _walk ??= Files(_root, "", 0).GetEnumerator();
    }

    private void End()
    {
        _content?.Dispose();
        _content = null;
        _walk?.Dispose();
        _walk = null;
    }

    /// <summary>Every file below the folder. A handle is closed when the next one is asked for.</summary>
    private static IEnumerable<(SafeFileHandle File, string Path)> Files(SafeFileHandle folder, string prefix, int depth)
    {
        foreach (var name in NativeTree.NamesIn(folder).Where(static name => !FileUpload.IsTemporary(name)).Order(StringComparer.Ordinal))
        {
            using var entry = NativeTree.OpenName(folder, name);
            if (entry is null)
            {
                continue;
            }

            switch (NativeTree.KindOf(entry))
            {
                case EntryKind.File:
                    yield return (entry, prefix + name);
                    break;
                case EntryKind.Folder when depth < MaxDepth:
                    foreach (var file in Files(entry, $"{prefix}{name}/", depth + 1))
                    {
                        yield return file;
                    }

                    break;
                default:
                    break;
            }
        }
    }

    private static FileStream? TryOpen(SafeFileHandle file)
    {
        try
        {
            return WorkspaceEntry.OpenRead(file);
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static DateTimeOffset LastWriteTime(SafeFileHandle file)
    {
        var time = File.GetLastWriteTimeUtc(NativeTree.MagicPathOf(file));
        var (first, last) = (new DateTime(1980, 1, 1, 0, 0, 0, DateTimeKind.Utc), new DateTime(2107, 12, 31, 0, 0, 0, DateTimeKind.Utc));
        return time < first ? first : time > last ? last : time;
    }
}
