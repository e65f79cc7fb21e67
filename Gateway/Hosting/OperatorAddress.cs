using Gateway.Hosting.Settings;

namespace Gateway.Hosting;

/// <summary>Adds the operators' own address (<c>Operations:Address</c>) to those that the program listens on. Stateless.</summary>
internal static class OperatorAddress
{
    private const string Endpoints = "Kestrel:Endpoints";

    /// <summary>
    /// To be called when it is settled where else the program listens. An address that is none is found when all settings are checked.
    /// </summary>
    public static void ListenForOperators(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        if (configuration[ListenAddresses.OperatorsSetting] is not { Length: > 0 } url)
        {
            return;
        }

        if (configuration.GetSection(Endpoints).Exists())
        {
            // Kestrel's own list of addresses is used instead of the others, and not besides them.
            configuration[$"{Endpoints}:Operators:Url"] = url;
            return;
        }

        var others = configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } urls ? urls
            : string.Join(';', UrlsOf("http", configuration[WebHostDefaults.HttpPortsKey])
                .Concat(UrlsOf("https", configuration[WebHostDefaults.HttpsPortsKey])));
        builder.WebHost.UseUrls(others, url);
    }

    private static IEnumerable<string> UrlsOf(string scheme, string? ports) =>
        (ports ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(port => $"{scheme}://*:{port}");
}
