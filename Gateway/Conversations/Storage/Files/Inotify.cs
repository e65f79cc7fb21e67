using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Conversations.Storage.Files;

/// <summary>What the kernel told of a watched directory.</summary>
/// <param name="Watch">The watch; -1 when the queue overflowed and anything may have happened anywhere.</param>
/// <param name="Name">The name that came, or went; empty when the directory itself changed.</param>
/// <param name="IsGone">The watch has ended: its directory was deleted or moved.</param>
internal readonly record struct InotifyEvent(int Watch, string Name, bool IsGone);

/// <summary>
/// Linux' inotify: which names come into directories. .NET's own watcher takes one of the user's 128 instances, and a thread, for each
/// directory; this one takes one instance for all and is asked from time to time. Thread-safe, but for <see cref="Dispose"/>.
/// </summary>
internal sealed class Inotify : IDisposable
{
    private const int NonBlockingCloseOnExec = 0x80800;
    private const uint Create = 0x100;
    private const uint MovedTo = 0x80;
    private const uint MovedFrom = 0x40;
    private const uint Delete = 0x200;
    private const uint DeleteSelf = 0x400;
    private const uint MoveSelf = 0x800;
    private const uint Ignored = 0x8000;
    private const uint OnlyDirectories = 0x1000000;
    private const int HeaderBytes = 16;

    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly int _descriptor;

    private Inotify(int descriptor) => _descriptor = descriptor;

    /// <summary>Null where there is none, or the user has no instance left.</summary>
    public static Inotify? TryOpen()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var descriptor = Init(NonBlockingCloseOnExec);
        return descriptor < 0 ? null : new Inotify(descriptor);
    }

    /// <summary>
    /// Watches a directory; two watches of one directory are the same. Null when it is missing or there are too many already.
    /// </summary>
    /// <param name="directory">Its path.</param>
    /// <param name="tellsGone">Names that go are told as well.</param>
    public int? TryAdd(string directory, bool tellsGone = false)
    {
        var gone = tellsGone ? MovedFrom | Delete : 0;
        var watch = AddWatch(_descriptor, directory, Create | MovedTo | DeleteSelf | MoveSelf | OnlyDirectories | gone);
        return watch < 0 ? null : watch;
    }

    /// <summary>Ends a watch. One that has ended already is no error.</summary>
    public void Remove(int watch) => _ = RemoveWatch(_descriptor, watch);

    /// <summary>Adds what has happened since the last call. One caller at a time.</summary>
    public void ReadTo(List<InotifyEvent> events)
    {
        while (Read(_descriptor, _buffer, _buffer.Length) is > 0 and var length)
        {
            for (var rest = _buffer.AsSpan(0, (int)length); rest.Length >= HeaderBytes;)
            {
                var watch = BinaryPrimitives.ReadInt32LittleEndian(rest);
                var mask = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
                var nameLength = BinaryPrimitives.ReadInt32LittleEndian(rest[12..]);
                var name = rest.Slice(HeaderBytes, nameLength);
                events.Add(new InotifyEvent(
                    watch, Encoding.UTF8.GetString(name.TrimEnd((byte)0)), (mask & (DeleteSelf | MoveSelf | Ignored)) != 0));
                rest = rest[(HeaderBytes + nameLength)..];
            }
        }
    }

    public void Dispose() => _ = Close(_descriptor);

    [DllImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Init(int flags);

    [DllImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int AddWatch(int descriptor, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mask);

    [DllImport("libc", EntryPoint = "inotify_rm_watch", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int RemoveWatch(int descriptor, int watch);

    [DllImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Read(int descriptor, byte[] buffer, nint count);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
