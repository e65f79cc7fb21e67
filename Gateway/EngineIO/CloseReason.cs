namespace Gateway.EngineIO;

/// <summary>
/// Why a session ended. Every close has exactly one; <c>CloseReasons</c> turns it into everything that is seen from outside
/// (WebSocket close code and text, HTTP answer of a parked poll, Socket.IO reason text, metric tag).
/// </summary>
internal enum CloseReason
{
    /// <summary>The client sent a close packet, or a clean WebSocket close.</summary>
    ClientClosed,

    /// <summary>The connection broke without a close.</summary>
    TransportLost,

    /// <summary>No pong within pingTimeout.</summary>
    PingTimeout,

    /// <summary>Bytes that are no Engine.IO packet, or no WebSocket frame.</summary>
    ProtocolError,

    /// <summary>A message, body or frame above maxPayload.</summary>
    PayloadTooLarge,

    /// <summary>All clients together hold as much in unfinished messages as they may (<c>EngineOptions.InboundBudgetBytes</c>).</summary>
    InboundBudgetSpent,

    /// <summary>More packets in a payload, or fragments in a message, than allowed.</summary>
    TooManyPackets,

    /// <summary>A second poll, or a second POST, while one was open.</summary>
    DuplicateRequest,

    /// <summary>The client does not read what it is sent.</summary>
    SlowConsumer,

    /// <summary>The layer above found a malformed packet.</summary>
    ParseError,

    /// <summary>The attachments of a binary packet did not come in time.</summary>
    AttachmentTimeout,

    /// <summary>No Socket.IO CONNECT within the connect time-out.</summary>
    ConnectTimeout,

    /// <summary>The layer above refused the connection.</summary>
    Refused,

    /// <summary>The layer above ended the connection on purpose.</summary>
    ServerClosed,

    /// <summary>The layer above found that the client may not be here any more.</summary>
    AccessEnded,

    /// <summary>The process is stopping.</summary>
    ServerShutdown,

    /// <summary>An exception of our own; the log has it.</summary>
    InternalError,
}
