using System.Runtime.InteropServices;
using System.Text;

using Microsoft.Win32.SafeHandles;

namespace Gateway.Conversations.Workspaces.Local;

/// <summary>What a name in a folder stands for.</summary>
internal enum EntryKind
{
    Missing,
    File,
    Folder,
    Link,

    /// <summary>A pipe, a socket or a device: never opened.</summary>
    Other,
}

/// <summary>
/// The three calls of Linux by which a path is followed name by name, so that nobody who renames folders or makes links meanwhile leads it
/// elsewhere. A handle here stands for a file or folder itself (<c>O_PATH</c>): opening one reads nothing, and waits for no pipe. What is
/// found is opened through <see cref="PathOf"/>'s magic link. Thread-safe.
/// </summary>
internal static class NativeTree
{
    private const int NotFound = 2;
    private const int Interrupted = 4;
    private const int NotADirectory = 20;
    private const int NameTooLong = 36;
    private const int PathOnly = 0x20_0000;
    private const int CloseOnExec = 0x8_0000;
    private const int EmptyPath = 0x1000;
    private const int CurrentDirectory = -100;
    private const int KindAndSize = 0x1 | 0x200;
    private const int MaxLinkBytes = 4_096;

    // asm-generic, x86 and arm differ in these two.
    private static readonly int s_noFollow = RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64
        ? 0x8000
        : 0x2_0000;

    /// <summary>The folder at a path that is trusted; links in it are followed.</summary>
    public static SafeFileHandle OpenRoot(string path)
    {
        var (descriptor, error) = Open(CurrentDirectory, Encoding.UTF8.GetBytes(path + '\0'), PathOnly | CloseOnExec);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"The folder of the workspace cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    /// <summary>What has this name in the folder, a link being itself; null when nothing has.</summary>
    /// <param name="name">One name: no slash, no zero, and neither <c>.</c> nor <c>..</c>.</param>
    public static SafeFileHandle? OpenName(SafeFileHandle folder, string name)
    {
        var (descriptor, error) = Open(
            Descriptor(folder), Encoding.UTF8.GetBytes(name + '\0'), PathOnly | CloseOnExec | s_noFollow);
        return error switch
        {
            0 => new SafeFileHandle(descriptor, ownsHandle: true),
            NotFound or NotADirectory or NameTooLong => null,
            _ => throw new IOException($"A file of the workspace cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}."),
        };
    }

    public static EntryKind KindOf(SafeFileHandle entry) => Describe(entry).Kind;

    public static long SizeOf(SafeFileHandle entry) => Describe(entry).Size;

    /// <summary>Who may read, write and run it.</summary>
    public static UnixFileMode ModeOf(SafeFileHandle entry) =>
        OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(MagicPathOf(entry));

    public static void SetMode(SafeFileHandle file, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, mode);
        }
    }

    /// <summary>Where a link leads, as it is written.</summary>
    public static string ReadLink(SafeFileHandle link)
    {
        var target = new byte[MaxLinkBytes];
        var length = ReadLinkAt(Descriptor(link), [0], target, target.Length);
        return length >= 0
            ? Encoding.UTF8.GetString(target, 0, (int)length)
            : throw new IOException($"A link of the workspace cannot be read: {LastError()}.");
    }

    /// <summary>A path that leads to what the handle stands for, wherever it is by now. Valid while the handle is open.</summary>
    public static string MagicPathOf(SafeFileHandle entry) => $"/proc/self/fd/{Descriptor(entry)}";

    /// <summary>Where it is at this moment.</summary>
    public static string PathOf(SafeFileHandle entry) =>
        File.ResolveLinkTarget(MagicPathOf(entry), returnFinalTarget: false)?.FullName
            ?? throw new IOException("/proc does not say where a file is.");

    /// <summary>The names in a folder, in no order, without <c>.</c> and <c>..</c>.</summary>
    public static IEnumerable<string> NamesIn(SafeFileHandle folder) =>
        Directory.EnumerateFileSystemEntries(
            MagicPathOf(folder),
            "*",
            new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = true, MatchType = MatchType.Simple })
            .Select(static path => Path.GetFileName(path));

    private static (EntryKind Kind, long Size) Describe(SafeFileHandle entry)
    {
        if (Stat(Descriptor(entry), [0], EmptyPath, KindAndSize, out var status) != 0)
        {
            throw new IOException($"A file of the workspace cannot be looked at: {LastError()}.");
        }

        var kind = (status.Mode & 0xF000) switch
        {
            0x8000 => EntryKind.File,
            0x4000 => EntryKind.Folder,
            0xA000 => EntryKind.Link,
            _ => EntryKind.Other,
        };
        return (kind, status.Size);
    }

    private static string LastError() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    private static (int Descriptor, int Error) Open(int folder, byte[] path, int flags)
    {
        while (true)
        {
            var descriptor = OpenAt(folder, path, flags);
            var error = descriptor >= 0 ? 0 : Marshal.GetLastPInvokeError();
            if (error != Interrupted)
            {
                return (descriptor, error);
            }
        }
    }

    // The handles live in the caller's using blocks: none is closed while its number is used here.
    private static int Descriptor(SafeFileHandle handle) => (int)handle.DangerousGetHandle();

    [DllImport("libc", EntryPoint = "openat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int OpenAt(int folder, byte[] path, int flags);

    [DllImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint ReadLinkAt(int folder, byte[] path, [Out] byte[] target, nint size);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Stat(int folder, byte[] path, int flags, uint mask, out FileStatus status);

    /// <summary>Linux' <c>struct statx</c>, the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(40)]
        public long Size;
    }
}
