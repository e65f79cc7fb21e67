using System.Runtime.InteropServices;

namespace Gateway.Conversations.Storage;

/// <summary>
/// The two things that .NET's file calls cannot do on Unix: give a file a name only if that name is free (<c>File.Move</c> looks first and
/// renames then, over whatever came in between), and sync a directory. Thread-safe.
/// </summary>
internal static class NativeFiles
{
    private const int NameTaken = 17;

    /// <summary>
    /// Moves a file to a free name in one step. False when the name is taken. A file system without hard links gets .NET's
    /// move, and its small gap between looking and renaming.
    /// </summary>
    public static bool TryMoveToFreeName(string from, string to)
    {
        if (!OperatingSystem.IsWindows())
        {
            if (Link(from, to) == 0)
            {
                File.Delete(from);
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

        var handle = Open(directory, 0);
        var isSynced = handle >= 0 && Sync(handle) == 0;
        var error = Marshal.GetLastPInvokeError();
        if (handle >= 0)
        {
            _ = Close(handle);
        }

        if (!isSynced)
        {
            throw new IOException($"A directory of the store cannot be synced: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int handle);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int handle);
}
