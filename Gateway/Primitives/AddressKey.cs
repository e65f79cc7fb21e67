using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Primitives;

/// <summary>
/// Who counts as one client by address: an IPv4 address, or an IPv6 network of 64 bits, which is what one subscriber has. Immutable.
/// </summary>
/// <param name="Bits">The address, or the first half of it.</param>
/// <param name="IsV6">Tells the two apart.</param>
internal readonly record struct AddressKey(ulong Bits, bool IsV6)
{
    private const int V6Bytes = 16;

    public static AddressKey Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[V6Bytes];
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? new AddressKey(BinaryPrimitives.ReadUInt64BigEndian(bytes), IsV6: true)
            : new AddressKey(BinaryPrimitives.ReadUInt32BigEndian(bytes), IsV6: false);
    }
}
