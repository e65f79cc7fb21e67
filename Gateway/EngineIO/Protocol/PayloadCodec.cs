using System.Buffers;
using System.Buffers.Text;

namespace Gateway.EngineIO.Protocol;

/// <summary>
/// Several packets as the body of a polling request or answer (Engine.IO 4, "HTTP long-polling"): packets joined by the record
/// separator, binary as <c>b</c> and base64. Pure: no I/O, no clock, no logging; any thread.
/// </summary>
internal static class PayloadCodec
{
    public const byte Separator = 0x1e;

    private const byte BinaryMark = (byte)'b';

    /// <summary>How many packets a body announces, before any of them is looked at.</summary>
    public static int CountPackets(ReadOnlySpan<byte> body) => body.Count(Separator) + 1;

    /// <summary>
    /// <c>payload = packet *(separator packet)</c>: takes the next packet off the front of <paramref name="rest"/>. Base64 is decoded
    /// where it stands, so the body is consumed by reading it. <paramref name="more"/> tells whether another packet follows.
    /// </summary>
    public static DecodeStatus TryReadPacket(ref Memory<byte> rest, out EnginePacket packet, out bool more)
    {
        var end = rest.Span.IndexOf(Separator);
        more = end >= 0;
        var text = more ? rest[..end] : rest;
        rest = more ? rest[(end + 1)..] : Memory<byte>.Empty;

        return !text.IsEmpty && text.Span[0] == BinaryMark
            ? TryDecodeBinary(text[1..], out packet)
            : EnginePacketCodec.TryDecode(text, out packet);
    }

    /// <summary>The size of a packet within a payload, the separator before it included unless it is the first.</summary>
    public static long EncodedLength(in EnginePacket packet, bool first) =>
        (first ? 0 : 1) + 1 + (packet.IsBinary ? Base64.GetMaxEncodedToUtf8Length(packet.Data.Length) : (long)packet.Data.Length);

    /// <summary>Appends what stands before a packet's data: the separator unless it is the first, and the packet's kind.</summary>
    public static void EncodeStart(in EnginePacket packet, bool first, IBufferWriter<byte> output)
    {
        if (!first)
        {
            WriteByte(Separator, output);
        }

        WriteByte(packet.IsBinary ? BinaryMark : EnginePacketCodec.TypeByte(packet.Type), output);
    }

    /// <summary>Appends a piece of a packet's data. Of a binary packet every piece but the last has a length that three divides.</summary>
    public static void EncodeData(ReadOnlySpan<byte> piece, bool isBinary, IBufferWriter<byte> output)
    {
        if (isBinary)
        {
            EncodeBase64(piece, output);
        }
        else
        {
            output.Write(piece);
        }
    }

    /// <summary>Appends one packet to a payload.</summary>
    public static void Encode(in EnginePacket packet, bool first, IBufferWriter<byte> output)
    {
        EncodeStart(packet, first, output);
        EncodeData(packet.Data.Span, packet.IsBinary, output);
    }

    private static DecodeStatus TryDecodeBinary(Memory<byte> base64, out EnginePacket packet)
    {
        packet = default;
        if (Base64.DecodeFromUtf8InPlace(base64.Span, out var length) != OperationStatus.Done)
        {
            return DecodeStatus.InvalidBase64;
        }

        packet = EnginePacket.Binary(base64[..length]);
        return DecodeStatus.Ok;
    }

    private static void EncodeBase64(ReadOnlySpan<byte> data, IBufferWriter<byte> output)
    {
        // In steps, so that a large packet does not ask the writer for one block of its whole size.
        const int Step = 3 * 1_024;
        while (!data.IsEmpty)
        {
            var part = data[..Math.Min(Step, data.Length)];
            var target = output.GetSpan(Base64.GetMaxEncodedToUtf8Length(part.Length));
            Base64.EncodeToUtf8(part, target, out _, out var written);
            output.Advance(written);
            data = data[part.Length..];
        }
    }

    private static void WriteByte(byte value, IBufferWriter<byte> output)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }
}
