using System.Security.Cryptography;
using System.Text;

namespace Gateway.Access;

/// <summary>
/// The names of users as others give them (a mail address, <c>auth0|123</c>), and as a store can take them: of <c>A-Z a-z 0-9 _ -</c>. A
/// name that is such a one stays; of any other the hash is taken, and of one that looks like such a hash as well, so that no two users
/// share a name. Pure.
/// </summary>
internal static class UserNames
{
    private const string HashPrefix = "u-";
    private const int MaxLength = 128;

    /// <summary>The name in the store; null for an empty one.</summary>
    public static string? ForStore(string? name)
    {
        var trimmed = name?.Trim();
        return string.IsNullOrEmpty(trimmed) ? null
            : IsPlain(trimmed) && !LooksHashed(trimmed) ? trimmed
            : HashPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(trimmed)));
    }

    private static bool IsPlain(string name) =>
        name.Length <= MaxLength && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    private static bool LooksHashed(string name) =>
        name.Length == HashPrefix.Length + (SHA256.HashSizeInBytes * 2) && name.StartsWith(HashPrefix, StringComparison.Ordinal);
}
