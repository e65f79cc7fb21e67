using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Gateway.Cli;

/// <summary>Tells whether a URL leads to an address that this process listens on. Stateless; any thread.</summary>
internal static class OwnAddress
{
    /// <summary>A name that cannot be resolved is none of ours: whoever connects to it will say so.</summary>
    public static bool Is(Uri url, IPEndPoint listen) =>
        url.Port == listen.Port && Resolve(url.DnsSafeHost).Any(address => Reaches(address, listen.Address));

    private static bool Reaches(IPAddress address, IPAddress listen)
    {
        var isAny = listen.Equals(IPAddress.Any) || listen.Equals(IPAddress.IPv6Any);

        // Whoever connects to 0.0.0.0 comes to loopback.
        var target = address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
            : address;
        return target.Equals(listen) || (isAny && (IPAddress.IsLoopback(target) || IsOfThisMachine(target)));
    }

    private static bool IsOfThisMachine(IPAddress address) => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(static one => one.GetIPProperties().UnicastAddresses)
        .Any(one => one.Address.Equals(address));

    private static IPAddress[] Resolve(string host)
    {
        try
        {
            return IPAddress.TryParse(host, out var address) ? [address] : Dns.GetHostAddresses(host);
        }
        catch (SocketException)
        {
            return [];
        }
    }
}
