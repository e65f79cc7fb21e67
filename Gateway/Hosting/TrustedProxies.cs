using System.Net;

using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace Gateway.Hosting;

/// <summary>
/// Whom a request comes from when a proxy hands it on: from the address that a proxy names which is believed. Those are the listed ones
/// (<see cref="ProxiesOptions"/>), or without a list those at the loopback addresses and the address that they name last, as with V0.
/// Limits, the access server's question and the twins of one page are thus told apart by client, and not by proxy; plain WebSockets, which
/// do not pass through the pipeline, get the same from the same options. ASP.NET Core's own switch goes before: <c>true</c> believes every
/// proxy, <c>false</c> none. Stateless.
/// </summary>
internal static class TrustedProxies
{
    /// <summary>ASP.NET Core's own.</summary>
    public const string Switch = "ForwardedHeaders_Enabled";

    public static void AddTrustedProxies(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ProxiesOptions>().BindConfiguration(ProxiesOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<ProxiesOptions>, ProxiesOptionsValidator>();
        if (IsLeftToUs(builder.Configuration))
        {
            builder.Services.AddOptions<ForwardedHeadersOptions>()
                .Configure<IOptions<ProxiesOptions>>(static (headers, proxies) => Believe(headers, proxies.Value));
        }
    }

    /// <summary>To be called before anything that looks at an address.</summary>
    public static void UseTrustedProxies(this WebApplication app)
    {
        if (IsLeftToUs(app.Configuration))
        {
            app.UseForwardedHeaders();
        }
    }

    private static void Believe(ForwardedHeadersOptions headers, ProxiesOptions proxies)
    {
        headers.ForwardedHeaders = ForwardedHeaders.XForwardedFor;
        if (proxies.Trusted.Count == 0)
        {
            return;
        }

        // One after the other, from the last: the first that is not believed is the client.
        headers.ForwardedHeaders |= ForwardedHeaders.XForwardedProto;
        headers.ForwardLimit = null;
        headers.KnownProxies.Clear();
        headers.KnownIPNetworks.Clear();
        foreach (var proxy in proxies.Trusted)
        {
            if (IPAddress.TryParse(proxy, out var address))
            {
                headers.KnownProxies.Add(address);
            }
            else
            {
                headers.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy));
            }
        }
    }

    private static bool IsLeftToUs(IConfiguration configuration) => string.IsNullOrEmpty(configuration[Switch]);
}
