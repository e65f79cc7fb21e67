namespace Gateway.SocketIO.Acks;

/// <summary>How a request for an acknowledgement ended.</summary>
internal enum AckStatus
{
    Answered,
    TimedOut,

    /// <summary>The socket left before an answer came, or had left already.</summary>
    Disconnected,

    /// <summary>Not sent: the client owes <see cref="AckTable.MaxPending"/> answers.</summary>
    TooManyPending,
}

/// <summary>A client's answer, or why there is none. Immutable.</summary>
/// <param name="Arguments">A JSON array in UTF-8 with placeholders for <paramref name="Attachments"/>; empty unless answered.</param>
internal readonly record struct AckResult(
    AckStatus Status, ReadOnlyMemory<byte> Arguments, IReadOnlyList<ReadOnlyMemory<byte>> Attachments)
{
    public static AckResult Without(AckStatus status) => new(status, ReadOnlyMemory<byte>.Empty, []);
}
