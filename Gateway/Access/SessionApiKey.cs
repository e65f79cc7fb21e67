using System.Security.Cryptography;
using System.Text;

namespace Gateway.Access;

/// <summary>
/// The key clients must show. Keeps only its hash, and compares hashes in constant time, so that neither the key's length nor
/// its beginning can be found by measuring. Immutable; any thread.
/// </summary>
internal sealed class SessionApiKey(string key)
{
    private readonly byte[]? _hash = key.Length == 0 ? null : SHA256.HashData(Encoding.UTF8.GetBytes(key));

    public bool IsRequired => _hash is not null;

    /// <summary>
    /// True when no key is required, or one of the candidates is it. A client may show it in several places, and some of them
    /// hold the text <c>null</c>.
    /// </summary>
    public bool Admits(params ReadOnlySpan<string?> candidates)
    {
        if (_hash is null)
        {
            return true;
        }

        var admitted = false;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        foreach (var candidate in candidates)
        {
            SHA256.HashData(Encoding.UTF8.GetBytes(candidate ?? ""), hash);
            admitted |= CryptographicOperations.FixedTimeEquals(hash, _hash);
        }

        return admitted;
    }
}
