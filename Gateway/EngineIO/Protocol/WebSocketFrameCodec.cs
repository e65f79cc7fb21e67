using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Gateway.EngineIO.Protocol;

/// <summary>
/// RFC 6455 framing, the server's side: reads masked frames, writes unmasked ones, marked as compressed or not (RFC 7692). Pure: no I/O,
/// no clock, no logging; any thread.
/// </summary>
internal static class WebSocketFrameCodec
{
    /// <summary>The longest header this side writes.</summary>
    public const int MaxServerHeader = 10;

    public const int MaxControlPayload = 125;

    private const int Length16 = 126;
    private const int Length64 = 127;
    private const int MaskSize = 4;

    private const byte Rsv1 = 0x40;

    /// <summary><c>frame = FIN RSV1-3 opcode, MASK length7 [length16 / length64], mask, payload</c> (5.2)</summary>
    /// <param name="bytes">What has arrived.</param>
    /// <param name="mayBeDeflated">The client and the server have agreed on compression.</param>
    /// <param name="header">What they are, if they are enough.</param>
    public static FrameStatus TryReadHeader(ReadOnlySpan<byte> bytes, bool mayBeDeflated, out WebSocketFrameHeader header)
    {
        header = default;
        if (bytes.Length < 2)
        {
            return FrameStatus.NeedMore;
        }

        // Everything that the first two bytes can be wrong in is refused before more bytes are waited for.
        var opcode = (WebSocketOpcode)(bytes[0] & 0x0F);
        var isFinal = (bytes[0] & 0x80) != 0;
        var length7 = bytes[1] & 0x7F;
        var isDeflated = mayBeDeflated && opcode is WebSocketOpcode.Text or WebSocketOpcode.Binary && (bytes[0] & Rsv1) != 0;
        var status = CheckStart(isDeflated ? (byte)(bytes[0] & ~Rsv1) : bytes[0], bytes[1], opcode, isFinal, length7);
        if (status != FrameStatus.Ok)
        {
            return status;
        }

        var lengthSize = length7 switch { Length16 => 2, Length64 => 8, _ => 0 };
        var size = 2 + lengthSize + MaskSize;
        if (bytes.Length < size)
        {
            return FrameStatus.NeedMore;
        }

        var length = length7 switch
        {
            Length16 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            Length64 => BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]),
            _ => (ulong)length7,
        };
        if ((length7 == Length16 && length < Length16) || (length7 == Length64 && length is <= ushort.MaxValue or > long.MaxValue))
        {
            return FrameStatus.InvalidLength;
        }

        var mask = MemoryMarshal.Read<uint>(bytes[(2 + lengthSize)..]);
        header = new WebSocketFrameHeader(isFinal, opcode, (long)length, mask, size, isDeflated);
        return FrameStatus.Ok;
    }

    /// <summary>The size of the header that <see cref="WriteHeader"/> writes for a payload of this length.</summary>
    public static int HeaderSize(int payloadLength) =>
        payloadLength < Length16 ? 2 : payloadLength <= ushort.MaxValue ? 4 : MaxServerHeader;

    /// <summary>Writes the header of a final, unmasked frame and gives its size.</summary>
    public static int WriteHeader(Span<byte> destination, WebSocketOpcode opcode, int payloadLength)
    {
        destination[0] = (byte)(0x80 | (byte)opcode);
        if (payloadLength < Length16)
        {
            destination[1] = (byte)payloadLength;
            return 2;
        }

        if (payloadLength <= ushort.MaxValue)
        {
            destination[1] = Length16;
            BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)payloadLength);
            return 4;
        }

        destination[1] = Length64;
        BinaryPrimitives.WriteUInt64BigEndian(destination[2..], (ulong)payloadLength);
        return MaxServerHeader;
    }

    /// <summary>The answer to a ping, with its payload. Gives the frame's size.</summary>
    public static int WritePong(Span<byte> destination, ReadOnlySpan<byte> payload)
    {
        var size = WriteHeader(destination, WebSocketOpcode.Pong, payload.Length);
        payload.CopyTo(destination[size..]);
        return size + payload.Length;
    }

    /// <summary>What stands before a compressed packet in its frame.</summary>
    public static int WriteDeflatedHeader(Span<byte> destination, bool isBinary, int payloadLength)
    {
        var size = WriteHeader(destination, isBinary ? WebSocketOpcode.Binary : WebSocketOpcode.Text, payloadLength);
        destination[0] |= Rsv1;
        return size;
    }

    /// <summary>A packet as one frame: text with its type digit, binary as it is. Gives the frame's size.</summary>
    public static int WritePacket(Span<byte> destination, in EnginePacket packet)
    {
        var size = WritePacketHeader(destination, packet);
        packet.Data.Span.CopyTo(destination[size..]);
        return size + packet.Data.Length;
    }

    /// <summary>What stands before <see cref="EnginePacket.Data"/> in the packet's frame: header and type digit.</summary>
    public static int WritePacketHeader(Span<byte> destination, in EnginePacket packet)
    {
        if (packet.IsBinary)
        {
            return WriteHeader(destination, WebSocketOpcode.Binary, packet.Data.Length);
        }

        var size = WriteHeader(destination, WebSocketOpcode.Text, EnginePacketCodec.EncodedLength(packet));
        destination[size] = EnginePacketCodec.TypeByte(packet.Type);
        return size + 1;
    }

    /// <summary>Undoes the mask in place (5.3). <paramref name="position"/> is where in the frame's payload the data begins.</summary>
    public static void Unmask(Span<byte> data, uint mask, long position)
    {
        // The mask as a word that begins at this position: bytes rotate, whatever the machine's byte order.
        var shift = (int)(position & 3) * 8;
        var word = BitConverter.IsLittleEndian ? BitOperations.RotateRight(mask, shift) : BitOperations.RotateLeft(mask, shift);

        var index = 0;
        if (Vector.IsHardwareAccelerated && data.Length >= Vector<byte>.Count)
        {
            // Vector sizes are multiples of four: the word keeps its phase from step to step.
            var vectorMask = Vector.AsVectorByte(new Vector<uint>(word));
            for (; index <= data.Length - Vector<byte>.Count; index += Vector<byte>.Count)
            {
                var slice = data.Slice(index, Vector<byte>.Count);
                (new Vector<byte>(slice) ^ vectorMask).CopyTo(slice);
            }
        }

        Span<byte> bytes = stackalloc byte[MaskSize];
        MemoryMarshal.Write(bytes, word);
        for (; index < data.Length; index++)
        {
            data[index] ^= bytes[index & 3];
        }
    }

    private static FrameStatus CheckStart(byte first, byte second, WebSocketOpcode opcode, bool isFinal, int length7)
    {
        if ((first & 0x70) != 0)
        {
            return FrameStatus.ReservedBits;
        }

        if (opcode is > WebSocketOpcode.Binary and < WebSocketOpcode.Close or > WebSocketOpcode.Pong)
        {
            return FrameStatus.UnknownOpcode;
        }

        if ((second & 0x80) == 0)
        {
            return FrameStatus.NotMasked;
        }

        if (opcode < WebSocketOpcode.Close)
        {
            return FrameStatus.Ok;
        }

        return !isFinal ? FrameStatus.FragmentedControl
            : length7 > MaxControlPayload ? FrameStatus.ControlTooLong
            : FrameStatus.Ok;
    }
}
