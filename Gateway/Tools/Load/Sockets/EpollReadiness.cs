using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Gateway.Tools.Load.Sockets;

/// <summary>
/// Linux' epoll. .NET's own sockets use it as well, but wake a thread of the pool for each socket: this costs a client of a load less than
/// the server that sends to it. Level-triggered: what is not read is told again. One thread uses it.
/// </summary>
internal sealed class EpollReadiness : IReadiness
{
    private const int CloseOnExec = 0x80000;
    private const int AddSocket = 1;
    private const int RemoveSocket = 2;
    private const int ChangeSocket = 3;
    private const uint Readable = 0x1;
    private const uint Writable = 0x4;
    private const uint Failed = 0x8 | 0x10;
    private const int MaxEvents = 512;
    private const int Interrupted = 4;

    // struct epoll_event is packed on x86-64, and there alone.
    private static readonly int s_numberAt = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 4 : 8;
    private static readonly int s_eventBytes = s_numberAt + sizeof(long);

    private readonly byte[] _events = new byte[MaxEvents * s_eventBytes];
    private readonly byte[] _event = new byte[s_eventBytes];
    private readonly ReadySocket[] _ready = new ReadySocket[MaxEvents];
    private readonly int _descriptor;

    public EpollReadiness()
    {
        _descriptor = Create(CloseOnExec);
        if (_descriptor < 0)
        {
            throw new Win32Exception();
        }
    }

    public void Add(Socket socket, int number, Interest interest) => Control(AddSocket, socket, number, interest);

    public void Change(Socket socket, int number, Interest interest) => Control(ChangeSocket, socket, number, interest);

    public void Remove(Socket socket, int number) => Control(RemoveSocket, socket, number, Interest.None);

    public ReadOnlySpan<ReadySocket> Wait(TimeSpan limit)
    {
        var count = Wait(_descriptor, _events, MaxEvents, (int)Math.Ceiling(limit.TotalMilliseconds));
        if (count < 0)
        {
            return Marshal.GetLastPInvokeError() == Interrupted ? [] : throw new Win32Exception();
        }

        for (var i = 0; i < count; i++)
        {
            var one = _events.AsSpan(i * s_eventBytes, s_eventBytes);
            var flags = MemoryMarshal.Read<uint>(one);

            // What has failed is found out by reading, or by writing while it connects.
            var what = (flags & (Readable | Failed)) != 0 ? Interest.Read : Interest.None;
            what |= (flags & (Writable | Failed)) != 0 ? Interest.Write : Interest.None;
            _ready[i] = new ReadySocket(MemoryMarshal.Read<int>(one[s_numberAt..]), what);
        }

        return _ready.AsSpan(0, count);
    }

    public void Dispose() => _ = Close(_descriptor);

    private void Control(int operation, Socket socket, int number, Interest interest)
    {
        var flags = ((interest & Interest.Read) != 0 ? Readable : 0) | ((interest & Interest.Write) != 0 ? Writable : 0);
        MemoryMarshal.Write(_event, flags);
        MemoryMarshal.Write(_event.AsSpan(s_numberAt), (long)number);
        if (Control(_descriptor, operation, (int)socket.Handle, _event) < 0)
        {
            throw new Win32Exception();
        }
    }

    [DllImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Create(int flags);

    [DllImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(int descriptor, int operation, int socket, byte[] one);

    [DllImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Wait(int descriptor, byte[] events, int count, int milliseconds);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
