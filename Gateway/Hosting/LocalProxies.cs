using Microsoft.AspNetCore.HttpOverrides;

namespace Gateway.Hosting;

/// <summary>
/// Whom a request comes from when a proxy on this machine hands it on: from the address that the proxy names last, as with V0, whose
/// server believes a proxy at the loopback addresses and no other. Limits and the twins of one page are thus told apart by browser, and
/// not by proxy. ASP.NET Core's own switch goes before: <c>true</c> believes every proxy, <c>false</c> none. Stateless.
/// </summary>
internal static class LocalProxies
{
    private const string Switch = "ForwardedHeaders_Enabled";

    public static void TrustLocalProxies(this WebApplicationBuilder builder)
    {
        if (IsLeftToUs(builder.Configuration))
        {
            builder.Services.Configure<ForwardedHeadersOptions>(
                static options => options.ForwardedHeaders = ForwardedHeaders.XForwardedFor);
        }
    }

    /// <summary>To be called before anything that looks at an address.</summary>
    public static void UseLocalProxies(this WebApplication app)
    {
        if (IsLeftToUs(app.Configuration))
        {
            app.UseForwardedHeaders();
        }
    }

    private static bool IsLeftToUs(IConfiguration configuration) => string.IsNullOrEmpty(configuration[Switch]);
}
