using System.Buffers.Binary;
using System.Globalization;
using System.Text;

using Gateway.EngineIO.Protocol;

namespace Gateway.Tools.Load.Sockets;

/// <summary>The header of a server's frame. Immutable.</summary>
/// <param name="IsCompressed">It begins a compressed message (RFC 7692, 6).</param>
/// <param name="Size">Bytes of the header itself.</param>
internal readonly record struct ServerFrame(WebSocketOpcode Opcode, bool IsFinal, bool IsCompressed, long Length, int Size);

/// <summary>
/// RFC 6455 framing, the client's side: writes masked frames, reads unmasked ones. The mask is zero: the bytes are those of a program, not
/// of a page that could choose them. Pure; any thread.
/// </summary>
internal static class ClientFrames
{
    /// <summary>The longest header this side writes.</summary>
    public const int MaxHeader = 14;

    private const int Length16 = 126;
    private const int Length64 = 127;
    private const int MaskSize = 4;
    private const int CloseCodeBytes = 2;
    private const byte Masked = 0x80;

    /// <summary>Writes a whole frame and gives its size.</summary>
    public static int Write(Span<byte> destination, WebSocketOpcode opcode, ReadOnlySpan<byte> payload)
    {
        var size = WebSocketFrameCodec.WriteHeader(destination, opcode, payload.Length);
        destination[1] |= Masked;
        destination.Slice(size, MaskSize).Clear();
        payload.CopyTo(destination[(size + MaskSize)..]);
        return size + MaskSize + payload.Length;
    }

    /// <summary><c>frame = FIN RSV1-3 opcode, 0 length7 [length16 / length64], payload</c> (5.2). False while bytes are missing.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ServerFrame frame)
    {
        frame = default;
        if (bytes.Length < 2)
        {
            return false;
        }

        var length7 = bytes[1] & 0x7F;
        var size = length7 switch { Length16 => 4, Length64 => 10, _ => 2 };
        if (bytes.Length < size)
        {
            return false;
        }

        var length = length7 switch
        {
            Length16 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            Length64 => BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
            _ => length7,
        };
        frame = new ServerFrame((WebSocketOpcode)(bytes[0] & 0x0F), (bytes[0] & 0x80) != 0, (bytes[0] & 0x40) != 0, length, size);
        return true;
    }

    /// <summary>What a Close frame says, behind a colon; empty when it says nothing.</summary>
    public static string TextOfClose(ReadOnlySpan<byte> payload) => payload.Length < CloseCodeBytes
        ? ""
        : string.Create(
            CultureInfo.InvariantCulture,
            $": {BinaryPrimitives.ReadUInt16BigEndian(payload)} {Encoding.UTF8.GetString(payload[CloseCodeBytes..])}").TrimEnd();
}
