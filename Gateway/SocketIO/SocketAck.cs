namespace Gateway.SocketIO;

/// <summary>The client's wish to be answered. The first call answers; later ones do nothing. Any thread.</summary>
internal sealed class SocketAck
{
    private readonly long _id;
    private SocketConnection? _socket;

    internal SocketAck(SocketConnection socket, long id)
    {
        _socket = socket;
        _id = id;
    }

    /// <summary>Answers with a JSON array in UTF-8, such as <c>[]</c>.</summary>
    public void Send(ReadOnlySpan<byte> arguments) => Send(arguments, []);

    /// <summary>Answers with attachments, which must never change again; placeholders in the arguments stand for them.</summary>
    public void Send(ReadOnlySpan<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments) =>
        Interlocked.Exchange(ref _socket, null)?.SendAck(_id, arguments, attachments);
}
