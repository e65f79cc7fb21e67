using Gateway.Primitives;

namespace Gateway.SocketIO;

/// <summary>One client in one namespace. Every member may be called from any thread.</summary>
internal sealed class SocketConnection
{
    /// <summary>The Socket.IO sid that the CONNECT answer names: 20 characters, other than the Engine.IO sid.</summary>
    public string Id => throw new NotSupportedException();

    public ConnectionId ConnectionId => throw new NotSupportedException();

    public ConnectionScope Scope => throw new NotSupportedException();

    public SocketHandshake Handshake => throw new NotSupportedException();

    /// <summary>Cancelled when the socket leaves the namespace or its connection ends.</summary>
    public CancellationToken Closing => throw new NotSupportedException();

    /// <summary>Queues an event; false when the socket is closed, or was closed because its queue was full.</summary>
    public bool TrySend(PreparedEvent prepared) => throw new NotSupportedException();

    /// <summary>
    /// Queues events in order, waiting for room in the outbound queue: for a sender that can wait. False when the socket is closed.
    /// One caller at a time.
    /// </summary>
    public ValueTask<bool> SendAsync(ReadOnlyMemory<PreparedEvent> events, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>Enters a room of this namespace; it is left when the socket disconnects.</summary>
    public void Join(string room) => throw new NotSupportedException();

    public void Leave(string room) => throw new NotSupportedException();

    /// <summary>Sends DISCONNECT (<c>41</c>) after what is queued, and ends the connection when it carries no other namespace.</summary>
    public void Disconnect() => throw new NotSupportedException();
}

/// <summary>The client's wish to be answered. The first call answers; later ones do nothing. Any thread.</summary>
internal sealed class SocketAck
{
    /// <summary>Answers with a JSON array in UTF-8, such as <c>[]</c>.</summary>
    public void Send(ReadOnlySpan<byte> arguments) => throw new NotSupportedException();
}

/// <summary>
/// Encodes events of the main namespace into one exact array, many at a time: for a sender that has a page of them. Not thread-safe;
/// reusable after <see cref="Build"/>.
/// </summary>
internal sealed class PreparedEventBatch
{
    public PreparedEventBatch(string eventName) => _ = eventName;

    public int Count => throw new NotSupportedException();

    /// <summary>Adds an event with one argument: a JSON value in UTF-8, given in up to three pieces to be spliced.</summary>
    public void Add(ReadOnlySpan<byte> json, ReadOnlySpan<byte> json2 = default, ReadOnlySpan<byte> json3 = default) =>
        throw new NotSupportedException();

    /// <summary>The events added so far, over memory of their own; the batch is empty again.</summary>
    public ReadOnlyMemory<PreparedEvent> Build() => throw new NotSupportedException();
}
