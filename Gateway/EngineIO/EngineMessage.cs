namespace Gateway.EngineIO;

/// <summary>
/// One Engine.IO message: the payload of packet type 4, or a binary frame. Text is UTF-8 without the leading <c>4</c>.
/// Outgoing data is immutable and may be shared by many sessions; incoming data belongs to the transport and is valid only
/// until <see cref="IEngineReceiver.ReceiveAsync"/> completes.
/// </summary>
/// <param name="Data">Its bytes.</param>
/// <param name="IsBinary">A binary frame.</param>
/// <param name="Deflated">For one that is sent to several clients: they are sent the same compressed frame.</param>
internal readonly record struct EngineMessage(ReadOnlyMemory<byte> Data, bool IsBinary = false, DeflateOnce? Deflated = null);
