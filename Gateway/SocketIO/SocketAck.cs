namespace Gateway.SocketIO;

/// <summary>
/// The client's wish for an acknowledgement of its event (Socket.IO 5, "Acknowledgement"): the callback of the JavaScript server. The first
/// call answers; later ones do nothing. Any thread.
/// </summary>
internal sealed class SocketAck
{
    private readonly long _id;
    private SocketConnection? _socket;

    internal SocketAck(SocketConnection socket, long id)
    {
        _socket = socket;
        _id = id;
    }

    /// <summary>
    /// Answers with a JSON array in UTF-8, such as <c>[]</c>, when the outbound queue has capacity, behind what waits already. False when
    /// the socket has left, or the answer was given before. Never throws.
    /// </summary>
    public ValueTask<bool> SendAsync(ReadOnlySpan<byte> arguments) => SendAsync(arguments, []);

    /// <summary>Answers with attachments, which must never change again; placeholders in the arguments stand for them.</summary>
    public ValueTask<bool> SendAsync(ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        Interlocked.Exchange(ref _socket, null)?.SendAckAsync(_id, arguments, attachments) ?? ValueTask.FromResult(false);
}
