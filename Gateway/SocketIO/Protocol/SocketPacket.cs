namespace Gateway.SocketIO.Protocol;

/// <summary>One decoded packet. Its memory belongs to whoever owns the decoded bytes, and is valid as long as they are.</summary>
internal readonly record struct SocketPacket
{
    public required SocketPacketType Type { get; init; }

    /// <summary><c>/</c> for the main namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Null when the packet has none.</summary>
    public long? AckId { get; init; }

    /// <summary>Binary messages that follow; zero but for binary packets.</summary>
    public int AttachmentCount { get; init; }

    /// <summary>An event's name; empty for other packets.</summary>
    public string EventName { get; init; }

    /// <summary>
    /// The JSON behind the header, or empty. For an event what follows the name and its comma, up to and with the closing
    /// bracket: <see cref="CopyArguments"/> makes an array of it.
    /// </summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>The arguments of an event or acknowledgement as a JSON array in memory of its own.</summary>
    public ReadOnlyMemory<byte> CopyArguments()
    {
        if (Type is SocketPacketType.Ack or SocketPacketType.BinaryAck)
        {
            return Payload.ToArray();
        }

        var copy = GC.AllocateUninitializedArray<byte>(Payload.Length + 1);
        copy[0] = (byte)'[';
        Payload.Span.CopyTo(copy.AsSpan(1));
        return copy;
    }
}
