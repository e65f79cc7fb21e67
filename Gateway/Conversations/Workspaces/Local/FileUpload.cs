using Microsoft.Win32.SafeHandles;

namespace Gateway.Conversations.Workspaces.Local;

/// <summary>
/// A file that is stored in a workspace whole or not at all: into a temporary file beside its place, then renamed. Folders that are missing
/// are made. Each member blocks for as long as the files take, and they wait for one another: one that nobody waits for any more ends
/// before <see cref="Dispose"/> lets go of what it uses. Used for one upload, which disposes it.
/// </summary>
/// <param name="tree">The workspace.</param>
/// <param name="name">Where the file goes, as a client wrote it.</param>
internal sealed class FileUpload(WorkspaceTree tree, string name) : IDisposable
{
    private const string Prefix = ".gateway-upload-";
    private const string Suffix = ".tmp";
    private const int MaxNameBytes = 255;

    private readonly Lock _lock = new();
    private SafeFileHandle? _folder;
    private FileStream? _file;
    private string _place = "";
    private string? _temporary;
    private bool _isDisposed;

    /// <summary>How answers name it.</summary>
    public string Path => tree.AnswerPath(name);

    private WorkspaceError NotWritten => new(WorkspaceFailure.Failed, Path, $"Error writing file {Path}");

    /// <summary>A file that is still being stored, or that a crash has left: no part of the workspace.</summary>
    public static bool IsTemporary(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>To be called first. Why there can be no such file; null when there can.</summary>
    public WorkspaceError? Open()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!tree.Find(name).TryGet(out var place, out var error))
            {
                return error;
            }

            using (place)
            {
                if (place.Kind is EntryKind.Folder or EntryKind.Other)
                {
                    return new WorkspaceError(WorkspaceFailure.NotAFile, Path, $"Cannot write to directory: {Path}");
                }

                return TryOpen(place) ? null : NotWritten;
            }
        }
    }

    /// <summary>An error when the disk does not take it: it is full, most likely.</summary>
    public WorkspaceError? Write(ReadOnlySpan<byte> block)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            try
            {
                _file?.Write(block);
                return null;
            }
            catch (IOException)
            {
                return NotWritten;
            }
        }
    }

    /// <summary>All is written: gives the file its name.</summary>
    public WorkspaceError? Finish()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            try
            {
                _file?.Dispose();
                File.Move(_temporary ?? "", _place, overwrite: true);
                _temporary = null;
                return null;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A folder of that name was made meanwhile.
                return NotWritten;
            }
        }
    }

    /// <summary>What is not finished is deleted.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            try
            {
                _file?.Dispose();
                if (_temporary is { } temporary)
                {
                    File.Delete(temporary);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The first error is the one to report; no list shows what stays.
            }

            _folder?.Dispose();
        }
    }

    private bool TryOpen(WorkspaceEntry place)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(place.Name) > MaxNameBytes || OpenFolder(place) is not { } folder)
        {
            return false;
        }

        _folder = folder;
        var directory = NativeTree.MagicPathOf(folder);
        var temporary = $"{directory}/{Prefix}{Guid.NewGuid():N}{Suffix}";
        if (Create(temporary) is not { } file)
        {
            return false;
        }

        (_file, _temporary, _place) = (file, temporary, $"{directory}/{place.Name}");
        if (place.Kind == EntryKind.File)
        {
            // A script that is replaced stays one.
            NativeTree.SetMode(file.SafeFileHandle, place.Mode);
        }

        return true;
    }

    /// <summary>The folder that the file goes to, made where it is missing; null when that cannot be.</summary>
    private static SafeFileHandle? OpenFolder(WorkspaceEntry place)
    {
        var folder = NativeTree.OpenRoot(NativeTree.MagicPathOf(place.Folder));
        foreach (var name in place.MissingNames.SkipLast(1))
        {
            var next = MakeFolder(folder, name);
            folder.Dispose();
            if (next is null)
            {
                return null;
            }

            folder = next;
        }

        return folder;
    }

    private static SafeFileHandle? MakeFolder(SafeFileHandle parent, string name)
    {
        try
        {
            Directory.CreateDirectory($"{NativeTree.MagicPathOf(parent)}/{name}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        // Somebody may have put something else there meanwhile.
        if (NativeTree.OpenName(parent, name) is not { } folder)
        {
            return null;
        }

        if (NativeTree.KindOf(folder) == EntryKind.Folder)
        {
            return folder;
        }

        folder.Dispose();
        return null;
    }

    private static FileStream? Create(string path)
    {
        try
        {
            return new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    Share = FileShare.ReadWrite | FileShare.Delete,
                    BufferSize = 0,
                });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
