namespace Gateway.EngineIO.Sessions;

/// <summary>What carries a session's packets at the moment. Members may be called from any thread and must not block or throw.</summary>
internal interface ISessionTransport
{
    /// <summary>As in <see cref="TransportNames"/>.</summary>
    string Name { get; }

    /// <summary>A write has begun and has not completed: the client does not read, or reads slowly.</summary>
    bool IsWriting { get; }

    /// <summary>The outbound queue has something new, or is complete: look at it. Called once too often, it does no harm.</summary>
    void Wake();

    /// <summary>
    /// As <see cref="IEngineConnection.Share"/>: what is written must not pile up where the session cannot see it. Nothing, for one that
    /// writes when its client asks.
    /// </summary>
    void Share()
    {
    }

    /// <summary>The session is over. Called once, with no lock held.</summary>
    void SessionClosed(CloseReason reason);
}
