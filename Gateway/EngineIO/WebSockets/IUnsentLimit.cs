using System.Net.Sockets;

namespace Gateway.EngineIO.WebSockets;

/// <summary>A stream that can be told to take no more than its connection is about to send. Any thread.</summary>
internal interface IUnsentLimit
{
    /// <summary>
    /// From here on the system takes a write when little of the one before is still unsent. Where it has no such setting nothing changes.
    /// </summary>
    void LimitUnsent();

    /// <summary>Sets it for a socket, which may be closed.</summary>
    protected static void LimitUnsent(Socket socket)
    {
        // Linux's TCP_NOTSENT_LOWAT (tcp(7)): bytes that no segment has carried yet. What is on its way is not counted, so a fast link with
        // a long way loses nothing.
        const int Tcp = 6;
        const int NotSentLowWater = 25;
        const int Bytes = 4 * 1_024;
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            socket.SetRawSocketOption(Tcp, NotSentLowWater, BitConverter.GetBytes(Bytes));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // A Unix socket has no such thing, and a connection that has ended needs none.
        }
    }
}
