namespace Gateway.EngineIO.Protocol;

/// <summary>The header of a client's frame (RFC 6455, 5.2). Immutable.</summary>
/// <param name="IsFinal">The last, or only, frame of its message.</param>
/// <param name="Opcode">One of the named values.</param>
/// <param name="PayloadLength">As announced; nothing of it need have arrived.</param>
/// <param name="Mask">The four mask bytes as they stood on the wire, in memory order.</param>
/// <param name="Size">Bytes of the header itself, the mask included.</param>
/// <param name="IsDeflated">The first frame of a compressed message (RFC 7692, 6).</param>
internal readonly record struct WebSocketFrameHeader(
    bool IsFinal, WebSocketOpcode Opcode, long PayloadLength, uint Mask, int Size, bool IsDeflated = false)
{
    public bool IsControl => (byte)Opcode >= 0x8;
}
