using System.Buffers.Binary;
using System.Text.Unicode;

namespace Gateway.EngineIO.Protocol;

/// <summary>The payload of a close frame (RFC 6455, 5.5.1 and 7.4): nothing, or a code and a UTF-8 text. Pure; any thread.</summary>
internal static class WebSocketClosePayload
{
    public const ushort Normal = 1000;
    public const ushort ProtocolError = 1002;
    public const ushort InvalidData = 1007;
    public const ushort PolicyViolation = 1008;

    /// <summary>True when the payload is empty (the code is then <see cref="Normal"/>) or well-formed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out ushort code)
    {
        code = Normal;
        if (payload.IsEmpty)
        {
            return true;
        }

        if (payload.Length < 2)
        {
            return false;
        }

        code = BinaryPrimitives.ReadUInt16BigEndian(payload);
        return IsAllowed(code) && Utf8.IsValid(payload[2..]);
    }

    /// <summary>Writes a close frame with code and text (ASCII, at most 123 bytes) and gives its size.</summary>
    public static int WriteFrame(Span<byte> destination, ushort code, ReadOnlySpan<byte> text)
    {
        var size = WebSocketFrameCodec.WriteHeader(destination, WebSocketOpcode.Close, 2 + text.Length);
        BinaryPrimitives.WriteUInt16BigEndian(destination[size..], code);
        text.CopyTo(destination[(size + 2)..]);
        return size + 2 + text.Length;
    }

    // 1004 to 1006 and 1015 must never be on the wire; 1000 to 2999 else belong to the protocol, 3000 to 4999 to everyone.
    private static bool IsAllowed(ushort code) => code is >= 1000 and <= 1003 or >= 1007 and <= 1014 or >= 3000 and <= 4999;
}
