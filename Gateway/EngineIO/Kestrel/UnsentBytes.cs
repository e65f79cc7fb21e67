using System.Net.Sockets;

namespace Gateway.EngineIO.Kestrel;

/// <summary>
/// How much the system takes for a connection before it has sent what it took earlier: Linux's <c>TCP_NOTSENT_LOWAT</c> (tcp(7)), bytes
/// that no segment has carried yet. What is on its way is not counted, so a fast link with a long way loses nothing. Elsewhere, and for a
/// Unix socket, nothing changes. Stateless; any thread.
/// </summary>
internal static class UnsentBytes
{
    /// <summary>
    /// For every connection: of a client that does not read, the system would keep megabytes, and everybody in its room would wait until it
    /// has taken them.
    /// </summary>
    public const int OfEach = 64 * 1_024;

    /// <summary>
    /// Where several conversations share a connection: what comes in one of them is not to stand behind another's replay.
    /// </summary>
    public const int OfShared = 4 * 1_024;

    /// <param name="socket">A connection's, which may be closed; or one that listens: those that it accepts have its limit.</param>
    public static void Limit(Socket socket, int bytes)
    {
        const int Tcp = 6;
        const int NotSentLowWater = 25;
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            socket.SetRawSocketOption(Tcp, NotSentLowWater, BitConverter.GetBytes(bytes));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // A Unix socket has no such thing, and a connection that has ended needs none.
        }
    }
}
