using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Gateway.EngineIO.Kestrel;

/// <summary>
/// Puts Engine.IO behind the TLS of the addresses that settings name: https addresses of the server's list (<c>urls</c>, the ports of
/// <c>HTTPS_PORTS</c>) and Kestrel's endpoints (<c>Kestrel:Endpoints</c>). Kestrel would add TLS after what every address has by default,
/// so it is added here, with the same settings, and Engine.IO after it. An endpoint that has certificates by name (<c>Sni</c>), or that is
/// added while the server runs, keeps its WebSockets in Kestrel's HTTP. Run once by the host, before the server binds; its ports are only
/// read after that.
/// </summary>
internal sealed class SecureAddresses(IServiceProvider services) : IStartupFilter
{
    private HashSet<int> _ports = [];

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next)
    {
        var loader = services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.ConfigurationLoader;
        var endpoints = loader?.Configuration.GetSection("Endpoints").GetChildren().Select(static endpoint => endpoint.Key).ToList() ?? [];
        var addresses = services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
        if (addresses is not null && (endpoints.Count == 0 || addresses.PreferHostingUrls))
        {
            _ports = PortsOfTlsAlone(addresses.Addresses);
        }

        foreach (var name in endpoints)
        {
            loader?.Endpoint(name, Add);
        }

        return next;
    }

    /// <summary>Adds TLS to an address of the list that has it; Engine.IO is added by the caller. Called as Kestrel binds it.</summary>
    public void AddTls(ListenOptions listen)
    {
        if (listen.IPEndPoint is { } address && _ports.Contains(address.Port))
        {
            listen.UseHttps();
        }
    }

    private static void Add(EndpointConfiguration endpoint)
    {
        // One without a certificate is left to Kestrel, which says what is missing.
        if (endpoint is { IsHttps: true, HttpsOptions: { ServerCertificate: not null } or { ServerCertificateSelector: not null } }
            && !endpoint.ConfigSection.GetSection("Sni").GetChildren().Any())
        {
            endpoint.ListenOptions.UseHttps(endpoint.HttpsOptions);
            endpoint.ListenOptions.UseEngineIO();
        }
    }

    // All that Kestrel tells of an address before it binds it is its port.
    private static HashSet<int> PortsOfTlsAlone(IEnumerable<string> addresses) =>
        [.. addresses
            .Select(BindingAddress.Parse)
            .Where(static address => !address.IsUnixPipe)
            .GroupBy(static address => address.Port)
            .Where(static alike => alike.All(static address => address.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase)))
            .Select(static alike => alike.Key)];
}
