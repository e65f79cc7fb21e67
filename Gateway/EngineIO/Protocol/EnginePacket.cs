namespace Gateway.EngineIO.Protocol;

/// <summary>
/// One packet: its type and the bytes after the type digit. Binary packets are messages whose bytes have no digit. Does not own
/// its data: a packet read from a transport is valid until the next read.
/// </summary>
/// <param name="Type">What it is.</param>
/// <param name="Data">What follows the digit.</param>
/// <param name="IsBinary">It has no digit.</param>
/// <param name="Shared">For one that goes to several clients; null when it is for one alone.</param>
internal readonly record struct EnginePacket(
    EnginePacketType Type, ReadOnlyMemory<byte> Data, bool IsBinary = false, ISharedDeflate? Shared = null)
{
    // The longest WebSocket header of a server (10), the type digit, the separator or the 'b' of a payload.
    private const int MaxOverhead = 12;

    public static EnginePacket Text(ReadOnlyMemory<byte> data) => new(EnginePacketType.Message, data);

    public static EnginePacket Binary(ReadOnlyMemory<byte> data) => new(EnginePacketType.Message, data, IsBinary: true);

    public static EnginePacket Bare(EnginePacketType type) => new(type, ReadOnlyMemory<byte>.Empty);

    /// <summary>An upper bound of what the packet takes on any transport, base64 included.</summary>
    public long EncodedBound => MaxOverhead + (IsBinary ? (Data.Length + 2L) / 3 * 4 : Data.Length);
}
