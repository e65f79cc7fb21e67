using System.Text.Unicode;

namespace Gateway.EngineIO.Protocol;

/// <summary>
/// One packet as the content of a text frame: one ASCII digit, then the payload (Engine.IO 4, "Packet encoding").
/// Pure: no I/O, no clock, no logging; any thread.
/// </summary>
internal static class EnginePacketCodec
{
    /// <summary><c>packet = type *utf8; type = "0".."6"</c></summary>
    public static DecodeStatus TryDecode(ReadOnlyMemory<byte> text, out EnginePacket packet)
    {
        packet = default;
        if (text.IsEmpty)
        {
            return DecodeStatus.Empty;
        }

        var type = (uint)(text.Span[0] - '0');
        if (type > (uint)EnginePacketType.Noop)
        {
            return DecodeStatus.UnknownType;
        }

        if (!Utf8.IsValid(text.Span))
        {
            return DecodeStatus.InvalidUtf8;
        }

        packet = new EnginePacket((EnginePacketType)type, text[1..]);
        return DecodeStatus.Ok;
    }

    /// <summary>The size of the text form. Not for binary packets: a frame carries them as they are.</summary>
    public static int EncodedLength(in EnginePacket packet) => packet.Data.Length + 1;

    /// <summary>Writes the text form at the start of <paramref name="destination"/> and gives its length.</summary>
    public static int Encode(in EnginePacket packet, Span<byte> destination)
    {
        destination[0] = TypeByte(packet.Type);
        packet.Data.Span.CopyTo(destination[1..]);
        return EncodedLength(packet);
    }

    public static byte TypeByte(EnginePacketType type) => (byte)('0' + (int)type);
}
