using Gateway.SocketIO;

namespace Gateway.Conversations;

/// <summary>
/// Hears what became of each CONNECT to a conversation, and of the client's end, for operators. Registered by whoever wants to know. Any
/// thread; no call may block or throw.
/// </summary>
internal interface IConnectObserver
{
    /// <summary>The client is let in.</summary>
    void Accepted(SocketConnection socket);

    /// <summary>A client that was let in has left. Once for each that was accepted.</summary>
    void Left(SocketConnection socket);

    /// <summary>The client was sent away with these words.</summary>
    void Refused(SocketConnection socket, string message);
}
