using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

using Microsoft.Extensions.Options;

namespace Gateway.Cluster;

/// <summary>
/// What the shared secret proves: that a sid was made by one of the gateways, and by which; that a request was handed on by one of them.
/// Each has a key of its own, derived from the secret (HKDF, RFC 5869). Holds secrets: never log it. Immutable; any thread.
/// </summary>
internal sealed class ClusterKeys
{
    /// <summary>Of a sid, in characters.</summary>
    public const int SidLength = 52;

    // base64url(15 random bytes, the gateway's 8, the first 16 of an HMAC-SHA256 over both). 120 random bits, as every sid has.
    private const int RandomLength = 15;
    private const int NodeLength = 8;
    private const int NamedLength = RandomLength + NodeLength;
    private const int MacLength = 16;

    private readonly byte[] _sidKey;
    private readonly byte[] _passedOnKey;
    private readonly byte[] _markKey;

    public ClusterKeys(IOptions<ClusterOptions> options)
    {
        var secret = Encoding.UTF8.GetBytes(options.Value.Secret);
        _sidKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, HMACSHA256.HashSizeInBytes, info: "gateway sid"u8.ToArray());
        _passedOnKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, HMACSHA256.HashSizeInBytes, info: "gateway passed on"u8.ToArray());
        _markKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, MacLength, info: "gateway mark"u8.ToArray());
    }

    /// <summary>Equal at gateways with the same secret. May be shown: nothing else is derived from it.</summary>
    public string Mark => Base64Url.EncodeToString(_markKey);

    /// <param name="node">The gateway's name: 16 hex digits in lower case.</param>
    public string CreateSid(string node)
    {
        Span<byte> bytes = stackalloc byte[NamedLength + MacLength];
        RandomNumberGenerator.Fill(bytes[..RandomLength]);
        Convert.FromHexString(node, bytes[RandomLength..NamedLength], out _, out _);
        Mac(_sidKey, bytes[..NamedLength], bytes[NamedLength..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The gateway that has made a sid; null when none has. Takes as long for a forged one as for a true one.</summary>
    public string? NodeOf(string sid)
    {
        Span<byte> bytes = stackalloc byte[NamedLength + MacLength];
        Span<byte> mac = stackalloc byte[MacLength];
        if (sid.Length != SidLength
            || Base64Url.DecodeFromChars(sid, bytes, out _, out var length) != OperationStatus.Done
            || length != bytes.Length)
        {
            return null;
        }

        Mac(_sidKey, bytes[..NamedLength], mac);
        return CryptographicOperations.FixedTimeEquals(mac, bytes[NamedLength..])
            ? Convert.ToHexStringLower(bytes[RandomLength..NamedLength])
            : null;
    }

    /// <summary>
    /// Says of a request for a session that it was handed on to the gateway that the session's sid names: of no use with another sid.
    /// </summary>
    public string ProofOf(string sid)
    {
        Span<byte> mac = stackalloc byte[MacLength];
        Mac(_passedOnKey, Encoding.UTF8.GetBytes(sid), mac);
        return Base64Url.EncodeToString(mac);
    }

    public bool IsProof(string text, string sid) => CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(ProofOf(sid)));

    private static void Mac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> mac)
    {
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, data, whole);
        whole[..MacLength].CopyTo(mac);
    }
}
