using Microsoft.Win32.SafeHandles;

namespace Gateway.Conversations.Workspaces.Local;

/// <summary>What a path below the workspace's root has led to, held open. Owned by the caller, who disposes it. Not thread-safe.</summary>
/// <param name="kind">Never a link.</param>
/// <param name="path">Relative to the root, without links and dots.</param>
/// <param name="folder">The entry itself when it is a folder, else the last folder on the way to it that is there.</param>
/// <param name="entry">The entry itself when it is there and no folder.</param>
/// <param name="missingNames">What would have to be made below <paramref name="folder"/>.</param>
internal sealed class WorkspaceEntry(
    EntryKind kind, string path, SafeFileHandle folder, SafeFileHandle? entry, IReadOnlyList<string> missingNames) : IDisposable
{
    public EntryKind Kind => kind;

    public string Path => path;

    public SafeFileHandle Folder => folder;

    public IReadOnlyList<string> MissingNames => missingNames;

    public string Name => path[(path.LastIndexOf('/') + 1)..];

    public long Size => NativeTree.SizeOf(entry ?? folder);

    /// <summary>Opens a file for reading; nothing else may be opened.</summary>
    public FileStream OpenRead()
    {
        if (kind != EntryKind.File || entry is null)
        {
            throw new InvalidOperationException("Only files are opened.");
        }

        return OpenRead(entry);
    }

    public UnixFileMode Mode => NativeTree.ModeOf(entry ?? folder);

    public void Dispose()
    {
        entry?.Dispose();
        folder.Dispose();
    }

    /// <summary>Opens what was looked at and found to be a file.</summary>
    public static FileStream OpenRead(SafeFileHandle file) => new(
        NativeTree.MagicPathOf(file),
        new FileStreamOptions
        {
            Mode = FileMode.Open,
            Access = FileAccess.Read,
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = FileOptions.SequentialScan,
            BufferSize = 0,
        });
}
