using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Gateway.EngineIO.Listening;

/// <summary>
/// Whether a port speaks HTTP without TLS. Only the server knows, and says so in its addresses; until it does, and where one port number
/// has both, the answer is no. Any thread.
/// </summary>
/// <param name="port">The port.</param>
/// <param name="server">The server; asked for late, because its making needs this.</param>
internal sealed class PlainPort(int port, Func<IServer> server)
{
    private volatile bool _isPlain;

    public bool IsPlain()
    {
        if (!_isPlain)
        {
            string[] addresses = [.. server().Features.Get<IServerAddressesFeature>()?.Addresses ?? []];
            _isPlain = IsPlainIn(addresses);
        }

        return _isPlain;
    }

    private bool IsPlainIn(string[] addresses)
    {
        var isPlain = false;
        foreach (var address in addresses)
        {
            if (Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Port == port)
            {
                if (uri.Scheme != Uri.UriSchemeHttp)
                {
                    return false;
                }

                isPlain = true;
            }
        }

        return isPlain;
    }
}
