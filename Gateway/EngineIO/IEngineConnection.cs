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

    /// <summary>What it has carried so far, and how. Once it has ended, what it carried in all.</summary>
    ConnectionUsage Usage { get; }

    /// <summary>
    /// How many messages one call of <see cref="SendAsync"/> should hold at most when they need not follow one another: few enough to leave
    /// the part of the outbound queue free that is kept for senders that cannot wait.
    /// </summary>
    int MaxBatch { get; }

    /// <summary>
    /// How many bytes one call of <see cref="SendAsync"/> should hold at most when its messages need not follow one another; one message
    /// may be larger.
    /// </summary>
    int MaxBatchBytes { get; }

    /// <summary>
    /// Several senders have the connection from here on, who are not to hold one another up: little is queued ahead of the client's
    /// reading, in memory and in the socket. It stays so. A needless call does no harm.
    /// </summary>
    void Share();

    /// <summary>
    /// Queues one message for a sender that cannot wait, such as a broadcast. False when the session is closed, or when its queue was full:
    /// that closes it with <see cref="CloseReason.SlowConsumer"/>, because one stalled client must never stall others.
    /// </summary>
    bool TrySend(EngineMessage message);

    /// <summary>
    /// As <see cref="TrySend(EngineMessage)"/>, for messages that must follow one another (an event and its attachments).
    /// </summary>
    bool TrySend(ReadOnlySpan<EngineMessage> messages);

    /// <summary>
    /// Queues messages that follow one another, waiting for capacity in the outbound queue: for a sender that can wait, such as a replay or
    /// an answer. Any number may wait; they are served in the order of their calls. True when the messages are queued, false when the
    /// session is closed; when the token is cancelled first, it throws and none is queued. A client that makes no progress for the stall
    /// limit is closed with <see cref="CloseReason.SlowConsumer"/>, so every wait ends.
    /// </summary>
    ValueTask<bool> SendAsync(ReadOnlySpan<EngineMessage> messages, CancellationToken cancellationToken);

    /// <summary>Ends the session at once; what is still queued is not sent. The first reason wins.</summary>
    void Close(CloseReason reason);

    /// <summary>
    /// Ends the session when what is queued now has been handed to the transport, or at the latest after <paramref name="grace"/>.
    /// </summary>
    void CloseAfterFlush(CloseReason reason, TimeSpan grace);
}
