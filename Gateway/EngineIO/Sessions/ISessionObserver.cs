using Gateway.EngineIO.Admission;
using Gateway.EngineIO.Protocol;

namespace Gateway.EngineIO.Sessions;

/// <summary>
/// Watches sessions from outside, for operators. Registered by whoever wants to; without one nothing is told. Members are called on the
/// way of a request or a packet: they must not block or throw. Any thread.
/// </summary>
internal interface ISessionObserver
{
    /// <summary>A session is about to begin, its open packet not sent yet. What goes over it is shown to the tap; null for none.</summary>
    ISessionTap? Opened(EngineSession session);

    /// <summary>A request that would have begun a session was refused, with these words.</summary>
    void Refused(HttpContext context, EngineError error);
}

/// <summary>
/// Sees the packets of one session, in the order of the wire for each direction. The session's transport calls, and whoever closes the
/// session; no call may block or throw.
/// </summary>
internal interface ISessionTap
{
    /// <summary>A packet of the client. Its data are valid during the call only.</summary>
    void Received(in EnginePacket packet);

    /// <summary>Packets that the transport has taken to write them. Their data never change.</summary>
    /// <param name="packets">In their order.</param>
    /// <param name="ping">A ping goes before them.</param>
    void Sent(ReadOnlySpan<EnginePacket> packets, bool ping);

    /// <summary>The session has ended. Called once.</summary>
    void Closed(CloseReason reason);
}
