using System.Globalization;

using Microsoft.AspNetCore.Http;

namespace Gateway.Hosting.Settings;

/// <summary>
/// The addresses to listen on: their check at start, because Kestrel takes <c>http://localhost:abc</c> for a host of that name and listens
/// on port 80, and how clients spell them. Pure.
/// </summary>
internal static class ListenAddresses
{
    /// <summary>Where the program listens when nobody has said otherwise.</summary>
    public const string Default = "http://localhost:3000";

    /// <summary>The setting of an address for the operators' routes alone.</summary>
    public const string OperatorsSetting = "Operations:Address";

    private const string Endpoints = "Kestrel:Endpoints";
    private const int HighestPort = 65_535;

    private static readonly string[] s_wildcards = ["0.0.0.0", "[::]", "*", "+"];
    private static readonly string[] s_portSettings = [WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey];

    /// <summary>Whether an operator has said where to listen.</summary>
    public static bool IsConfigured(IConfiguration configuration) =>
        s_portSettings.Append(WebHostDefaults.ServerUrlsKey).Any(name => !string.IsNullOrEmpty(configuration[name]))
        || configuration.GetSection(Endpoints).Exists();

    /// <summary>One line for each address or port that is none.</summary>
    public static IEnumerable<string> FindProblems(IConfiguration configuration)
    {
        var urls = configuration.GetSection(Endpoints).GetChildren()
            .Select(static endpoint => (Setting: $"{endpoint.Path}:Url", Url: endpoint["Url"]))
            .Prepend((Setting: WebHostDefaults.ServerUrlsKey, Url: configuration[WebHostDefaults.ServerUrlsKey]))
            .Append((Setting: OperatorsSetting, Url: configuration[OperatorsSetting]));
        foreach (var (setting, list) in urls)
        {
            foreach (var url in Split(list))
            {
                if (FindProblem(url) is { } problem)
                {
                    yield return $"{setting} is '{url}'; {problem}";
                }
            }
        }

        foreach (var setting in s_portSettings)
        {
            foreach (var port in Split(configuration[setting]).Where(static port => !IsPort(port)))
            {
                yield return $"{setting} is '{port}'; a port is a number from 0 to {HighestPort}.";
            }
        }
    }

    /// <summary>The address as a client on this machine uses it: listening on every address is reached by the name of one.</summary>
    public static string ForClients(string url)
    {
        foreach (var wildcard in s_wildcards)
        {
            url = url.Replace($"://{wildcard}:", "://localhost:", StringComparison.Ordinal);
        }

        return url.TrimEnd('/');
    }

    /// <summary>The first address that the settings say to listen on, as a client on this machine uses it.</summary>
    public static string OwnAddress(IConfiguration configuration)
    {
        var endpoint = configuration.GetSection(Endpoints).GetChildren().Select(static endpoint => endpoint["Url"])
            .FirstOrDefault(static url => !string.IsNullOrEmpty(url));
        var url = endpoint
            ?? Split(configuration[WebHostDefaults.ServerUrlsKey]).FirstOrDefault()
            ?? Split(configuration[WebHostDefaults.HttpPortsKey]).Select(static port => $"http://localhost:{port}").FirstOrDefault()
            ?? Split(configuration[WebHostDefaults.HttpsPortsKey]).Select(static port => $"https://localhost:{port}").FirstOrDefault()
            ?? Default;
        return ForClients(url);
    }

    /// <summary>The address of the operators' routes, in the same way: one of their own where they have it.</summary>
    public static string OwnOperatorsAddress(IConfiguration configuration) =>
        Split(configuration[OperatorsSetting]).FirstOrDefault() is { } own ? ForClients(own) : OwnAddress(configuration);

    private static string? FindProblem(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            if (address.Scheme is not ("http" or "https"))
            {
                return "an address begins with http:// or https://.";
            }

            var isHost = address.IsUnixPipe
                || address.IsNamedPipe
                || address.Host.StartsWith('[')
                || !address.Host.Contains(':', StringComparison.Ordinal);
            return isHost && address.Port is >= 0 and <= HighestPort ? null : $"its port must be a number from 0 to {HighestPort}.";
        }
        catch (FormatException)
        {
            return "an address is written http://host:port.";
        }
    }

    private static bool IsPort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 0 and <= HighestPort;

    private static string[] Split(string? list) =>
        list?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
