using System.Net;

using Microsoft.Extensions.Options;

namespace Gateway.Hosting;

/// <summary>Which proxies are believed when they say whom a request comes from. Read once, at start.</summary>
internal sealed class ProxiesOptions
{
    public const string Section = "Proxies";

    /// <summary>
    /// Addresses and networks of proxies, as <c>10.0.0.7</c> and <c>10.0.0.0/8</c>: their <c>X-Forwarded-For</c> and
    /// <c>X-Forwarded-Proto</c> are believed, and nobody else's. None: those at this machine's loopback addresses, as with V0.
    /// </summary>
    public IList<string> Trusted { get; } = [];
}

/// <summary>Names every entry that is none. Stateless.</summary>
internal sealed class ProxiesOptionsValidator(IConfiguration configuration) : IValidateOptions<ProxiesOptions>
{
    public ValidateOptionsResult Validate(string? name, ProxiesOptions options)
    {
        var failures = options.Trusted
            .Where(static proxy => !IPAddress.TryParse(proxy, out _) && !System.Net.IPNetwork.TryParse(proxy, out _))
            .Select(static proxy => $"Proxies:Trusted has '{proxy}'; an entry is an address, or a network as 10.0.0.0/8.")
            .ToList();
        if (options.Trusted.Count > 0 && !string.IsNullOrEmpty(configuration[TrustedProxies.Switch]))
        {
            failures.Add($"Proxies:Trusted and {TrustedProxies.Switch} both say which proxies are believed; set one of them.");
        }

        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }
}
