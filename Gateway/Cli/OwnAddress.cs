using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

using Gateway.Primitives;

namespace Gateway.Cli;

/// <summary>Where this process listens, and whether a URL leads there. Stateless; any thread.</summary>
internal static class OwnAddress
{
    /// <summary>What <see cref="TryParse"/> takes, for who has given something else.</summary>
    public const string Form = "http URL with an IP address (or localhost, or *) and a port; TLS is for what stands before it";

    /// <summary>The address of an URL to listen on; null when it is none that a socket can be bound to.</summary>
    public static IPEndPoint? TryParse(string? url)
    {
        var text = url?.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal);
        if (!HttpAddress.TryParse(text, out var address) || address.Scheme != Uri.UriSchemeHttp || address.PathAndQuery != "/")
        {
            return null;
        }

        return address.Host == "localhost" ? new IPEndPoint(IPAddress.Loopback, address.Port)
            : IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) ? new IPEndPoint(ip, address.Port)
            : null;
    }

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
