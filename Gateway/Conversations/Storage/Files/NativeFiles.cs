using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Gateway.Conversations.Storage.Files;

/// <summary>What came of opening a file.</summary>
internal enum FileOpen
{
    Opened,
    Missing,
    AccessDenied,
}

/// <summary>
/// What .NET's file calls cannot do on Unix: give a file a name only if that name is free (<c>File.Move</c> looks first and renames then,
/// over whatever came in between), sync a directory, lock one, say without an exception why a file cannot be opened, and ask whether a
/// folder may be written. Thread-safe.
/// </summary>
internal static class NativeFiles
{
    private const int NotPermitted = 1;
    private const int NotFound = 2;
    private const int Interrupted = 4;
    private const int PermissionDenied = 13;
    private const int NameTaken = 17;
    private const int NotADirectory = 20;
    private const int ExclusiveLock = 2;
    private const int WriteAndSearch = 3;

    private static readonly int s_openReadOnly = OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    /// <summary>
    /// Opens a file for reading. A missing file is an answer that every replay gets, and an exception would cost more than all else
    /// together. Other errors throw <see cref="IOException"/>.
    /// </summary>
    public static FileOpen TryOpenRead(string path, out SafeFileHandle? file)
    {
        file = null;
        if (OperatingSystem.IsWindows())
        {
            return TryOpenManaged(path, out file);
        }

        var (handle, error) = OpenRetrying(path, s_openReadOnly);
        if (handle >= 0)
        {
            file = new SafeFileHandle(handle, ownsHandle: true);
            return FileOpen.Opened;
        }

        return error switch
        {
            NotFound or NotADirectory => FileOpen.Missing,
            PermissionDenied or NotPermitted => FileOpen.AccessDenied,
            _ => throw new IOException($"A file of the store cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}."),
        };
    }

    /// <summary>
    /// Moves a file to a free name in one step. False when the name is taken. The old name may stay where it cannot be deleted. A file
    /// system without hard links gets .NET's move, and its small gap between looking and renaming.
    /// </summary>
    public static bool TryMoveToFreeName(string from, string to)
    {
        if (!OperatingSystem.IsWindows())
        {
            if (Link(from, to) == 0)
            {
                AtomicFile.TryDelete(from);
                return true;
            }

            if (Marshal.GetLastPInvokeError() == NameTaken)
            {
                return false;
            }
        }

        try
        {
            File.Move(from, to, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(to))
        {
            return false;
        }
    }

    /// <summary>Waits until the names in a directory are on disk. Does nothing on Windows, which has no such call.</summary>
    public static void SyncDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var (descriptor, error) = OpenRetrying(directory, s_openReadOnly);
        if (descriptor >= 0)
        {
            using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
            if (Sync(descriptor) == 0)
            {
                return;
            }

            error = Marshal.GetLastPInvokeError();
        }

        throw new IOException($"A directory of the store cannot be synced: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    /// <summary>
    /// Locks a directory against everybody else who locks it, in this process or another, until the result is disposed. Null where the
    /// system or the file system has no such lock.
    /// </summary>
    public static IDisposable? LockDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var (descriptor, error) = OpenRetrying(directory, s_openReadOnly);
        if (descriptor < 0)
        {
            throw error is NotFound or NotADirectory
                ? new DirectoryNotFoundException("A directory of the store is missing.")
                : new IOException($"A directory of the store cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}.");
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        while (LockFile(descriptor, ExclusiveLock) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                handle.Dispose();
                return null;
            }
        }

        return handle;
    }

    /// <summary>
    /// Whether files can be made in a folder, as far as that shows without making one: also not on a file system that has become read-only.
    /// </summary>
    public static bool MayWrite(string folder) =>
        OperatingSystem.IsWindows() ? Directory.Exists(folder) : MayAccess(folder, WriteAndSearch) == 0;

    private static FileOpen TryOpenManaged(string path, out SafeFileHandle? file)
    {
        file = null;
        try
        {
            file = File.Exists(path) ? File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete) : null;
            return file is null ? FileOpen.Missing : FileOpen.Opened;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return FileOpen.Missing;
        }
        catch (UnauthorizedAccessException)
        {
            return FileOpen.AccessDenied;
        }
    }

    private static (int Descriptor, int Error) OpenRetrying(string path, int flags)
    {
        while (true)
        {
            var descriptor = Open(path, flags);
            var error = descriptor >= 0 ? 0 : Marshal.GetLastPInvokeError();
            if (error != Interrupted)
            {
                return (descriptor, error);
            }
        }
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "access", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MayAccess([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int descriptor);

    [DllImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int LockFile(int descriptor, int operation);
}
