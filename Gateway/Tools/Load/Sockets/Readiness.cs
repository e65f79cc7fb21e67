using System.Net.Sockets;

namespace Gateway.Tools.Load.Sockets;

/// <summary>What is waited for at a socket, or has come true of it.</summary>
[Flags]
internal enum Interest
{
    None = 0,
    Read = 1,
    Write = 2,
}

/// <summary>A socket that can be read or written, by the number that it was added with.</summary>
internal readonly record struct ReadySocket(int Number, Interest What);

/// <summary>
/// Tells which of many sockets can be read or written. Nothing runs for a socket at rest: no task, no buffer. One thread uses it.
/// </summary>
internal interface IReadiness : IDisposable
{
    void Add(Socket socket, int number, Interest interest);

    void Change(Socket socket, int number, Interest interest);

    /// <summary>To be called before the socket is closed.</summary>
    void Remove(Socket socket, int number);

    /// <summary>Waits for some of them, no longer than the limit. Valid until the next call.</summary>
    ReadOnlySpan<ReadySocket> Wait(TimeSpan limit);

    /// <summary>The one that fits this system.</summary>
    static IReadiness Create() => OperatingSystem.IsLinux() ? new EpollReadiness() : new SelectReadiness();
}
