using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Tools.Shadow;

/// <summary>
/// Which conversations are compared: a share of them, by a hash of the id, so that a conversation is compared always or never. Immutable.
/// </summary>
/// <param name="percent">0 to 100.</param>
internal sealed class ShadowSample(double percent)
{
    private readonly uint _limit = (uint)Math.Clamp(percent / 100 * uint.MaxValue, 0, uint.MaxValue);

    public bool Has(string id) =>
        _limit == uint.MaxValue || BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id))) < _limit;
}
