using System.Net;

namespace Gateway.Primitives;

/// <summary>How log lines write a client's address: always alike, so that a filter such as fail2ban's finds it. Pure.</summary>
internal static class AddressText
{
    /// <summary>For a client without an address: one that comes by a Unix socket.</summary>
    public const string None = "unix";

    /// <summary>The address; an IPv4 address that came by an IPv6 listener as the IPv4 address that it is.</summary>
    public static string Of(IPAddress? address) => address switch
    {
        null => None,
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        _ => address.ToString(),
    };
}
