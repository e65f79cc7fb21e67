namespace Gateway.SocketIO;

/// <summary>Why a socket left its namespace. The texts clients know are those of the JavaScript server.</summary>
internal enum DisconnectReason
{
    /// <summary>The client sent DISCONNECT (<c>client namespace disconnect</c>).</summary>
    ClientDisconnect,

    /// <summary>We sent DISCONNECT (<c>server namespace disconnect</c>).</summary>
    ServerDisconnect,

    /// <summary>The connection below closed or broke (<c>transport close</c>).</summary>
    ConnectionClosed,

    /// <summary>No pong in time (<c>ping timeout</c>).</summary>
    PingTimeout,

    /// <summary>The client sent what is no packet (<c>parse error</c>), or more than it may.</summary>
    ProtocolError,

    /// <summary>The client does not read.</summary>
    SlowConsumer,

    /// <summary>The client may not be here any more.</summary>
    AccessEnded,

    /// <summary>The process is stopping (<c>server shutting down</c>).</summary>
    ServerShutdown,
}
