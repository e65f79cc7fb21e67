namespace Gateway.SocketIO;

/// <summary>
/// One event from a client. <see cref="Arguments"/> is a JSON array in UTF-8 without the event's name, as it came; binary
/// attachments stand in it as placeholders <c>{"_placeholder":true,"num":n}</c>. Immutable, in memory of its own: it may be
/// kept or sent on.
/// </summary>
internal sealed class SocketEvent(
    string name, ReadOnlyMemory<byte> arguments, IReadOnlyList<ReadOnlyMemory<byte>> attachments, SocketAck? ack)
{
    public string Name { get; } = name;

    public ReadOnlyMemory<byte> Arguments { get; } = arguments;

    public IReadOnlyList<ReadOnlyMemory<byte>> Attachments { get; } = attachments;

    /// <summary>Null when the client asked for no acknowledgement.</summary>
    public SocketAck? Ack { get; } = ack;
}
