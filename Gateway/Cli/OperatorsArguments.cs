using System.CommandLine;

using Gateway.Hosting;
using Gateway.Hosting.Settings;
using Gateway.Primitives;

namespace Gateway.Cli;

/// <summary>How commands say which running gateway they ask, and with which key. Owned by one command.</summary>
internal sealed class OperatorsArguments
{
    private const string KeySetting = "Operations:Key";

    public Option<string> Url { get; } = new("--url")
    {
        Description = "The gateway's address; without it the one of the operators' routes by its settings.",
    };

    public Option<string> Key { get; } = new("--key")
    {
        Description = "The operators' key; without it that of the settings (Operations__Key). It is never shown.",
    };

    /// <summary>Null, and said why, when the address is none.</summary>
    public async Task<OperatorsClient?> TryOpenAsync(ParseResult parsed)
    {
        var settings = GatewayApp.CreateBuilder([]).Configuration;
        var key = parsed.GetValue(Key) is { Length: > 0 } given ? given : settings[KeySetting] ?? "";
        if (HttpAddress.TryParse(parsed.GetValue(Url) ?? ListenAddresses.OwnOperatorsAddress(settings), out var address))
        {
            return new OperatorsClient(address, key);
        }

        await Console.Error.WriteLineAsync($"{parsed.CommandResult.Command.Name}: --url is no http or https URL");
        return null;
    }
}
