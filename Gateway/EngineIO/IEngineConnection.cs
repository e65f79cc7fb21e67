using Gateway.Primitives;

namespace Gateway.EngineIO;

/// <summary>What the layer above may do with a session. Every member may be called from any thread.</summary>
internal interface IEngineConnection
{
    ConnectionId Id { get; }

    /// <summary>The scope of the connection's log lines.</summary>
    ConnectionScope Scope { get; }

    /// <summary>Query and headers of the request that opened the session.</summary>
    EngineHandshake Handshake { get; }

    /// <summary>Cancelled when the session ends, whatever the reason.</summary>
    CancellationToken Closing { get; }

    /// <summary>
    /// Queues one message. False when the session is closed, or when its queue was full: that closes it with
    /// <see cref="CloseReason.SlowConsumer"/>, because one stalled client must never stall others.
    /// </summary>
    bool TrySend(EngineMessage message);

    /// <summary>As <see cref="TrySend(EngineMessage)"/>, for messages that must follow one another (an event and its attachments).</summary>
    bool TrySend(ReadOnlySpan<EngineMessage> messages);

    /// <summary>
    /// Completes with true when the outbound queue has room, false when the session is closed. For senders that can wait,
    /// such as a replay; a client that makes no progress for the stall limit is closed with <see cref="CloseReason.SlowConsumer"/>.
    /// One waiter at a time.
    /// </summary>
    ValueTask<bool> WaitForRoomAsync(CancellationToken cancellationToken);

    /// <summary>Ends the session at once; what is still queued is not sent. The first reason wins.</summary>
    void Close(CloseReason reason);

    /// <summary>Ends the session when what is queued now has been handed to the transport, or at the latest after <paramref name="grace"/>.</summary>
    void CloseAfterFlush(CloseReason reason, TimeSpan grace);
}
