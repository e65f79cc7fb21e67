using System.Security.Cryptography;
using System.Text;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Storage;

/// <summary>A <see cref="StoredDocument"/> as a store holds it: compact JSON, as V0 writes it. Pure.</summary>
internal static class DocumentBytes
{
    public static byte[] Encode(JObject json) => Encoding.UTF8.GetBytes(json.ToString(Formatting.None));

    /// <summary>The document's version: of equal bytes the same, of others another.</summary>
    public static string Version(ReadOnlySpan<byte> content) => Convert.ToHexString(SHA256.HashData(content).AsSpan(0, 16));
}
