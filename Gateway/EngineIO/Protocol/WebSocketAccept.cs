using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.EngineIO.Protocol;

/// <summary>The key exchange of the opening handshake (RFC 6455, 4.2). Pure; any thread.</summary>
internal static class WebSocketAccept
{
    private const int KeyBytes = 16;
    private const int KeyLength = 24;

    private static ReadOnlySpan<byte> Suffix => "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8;

    /// <summary>A client's key is the base64 of 16 bytes.</summary>
    public static bool IsValidKey(string? key)
    {
        Span<byte> bytes = stackalloc byte[KeyLength];
        return key is { Length: KeyLength } && Convert.TryFromBase64String(key, bytes, out var written) && written == KeyBytes;
    }

    /// <summary>The value of <c>Sec-WebSocket-Accept</c>, for a valid key.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "The RFC asks for SHA-1; nothing is protected by it.")]
    public static string Compute(string key)
    {
        Span<byte> magic = stackalloc byte[KeyLength + Suffix.Length];
        Encoding.ASCII.GetBytes(key, magic);
        Suffix.CopyTo(magic[KeyLength..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(magic, hash);
        return Convert.ToBase64String(hash);
    }
}
