namespace Gateway.SocketIO;

/// <summary>
/// What Socket.IO asks of the layer above it, for one namespace: its middleware and its <c>connection</c>, event and <c>disconnect</c>
/// listeners. One instance serves all its sockets, from threads of the pool. For one socket the calls come in this order and never
/// overlap: <see cref="ConnectAsync"/>, then (when accepted) <see cref="Connected"/>, <see cref="EventAsync"/> for each event,
/// <see cref="Disconnected"/>.
/// </summary>
internal interface INamespaceHandler
{
    /// <summary>
    /// Decides a CONNECT. Events that it sends through <paramref name="socket"/> reach the wire before the answer. Runs beside
    /// the read loop, so heartbeats and incoming packets are served meanwhile; what the client sends is kept until the answer.
    /// When the connection closes first, <paramref name="cancellationToken"/> fires, and a decision of Accepted still counts:
    /// <see cref="Connected"/>, the kept events and <see cref="Disconnected"/> follow as ever, so nothing that a client said is lost.
    /// A connection has one such call at work in a namespace: a CONNECT that follows a DISCONNECT waits for it. An exception refuses
    /// with an unspecific message and is logged.
    /// </summary>
    ValueTask<ConnectDecision> ConnectAsync(SocketConnection socket, ConnectRequest request, CancellationToken cancellationToken);

    /// <summary>The CONNECT answer is queued; whatever is sent from now on follows it. Must not block.</summary>
    void Connected(SocketConnection socket);

    /// <summary>
    /// One event. The next one waits until this task is complete; when many wait, the client is not read. An exception is logged, and the
    /// socket goes on. Once the socket has left, cancellation is no error.
    /// </summary>
    ValueTask EventAsync(SocketConnection socket, SocketEvent socketEvent);

    /// <summary>The socket has left the namespace. Called once for each accepted socket, after its last event. Must not block.</summary>
    void Disconnected(SocketConnection socket, DisconnectReason reason);
}
