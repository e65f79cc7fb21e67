using System.Text.RegularExpressions;

using Gateway.HttpApi.Conventions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Settings;

/// <summary>
/// The MCP servers of a user's settings, checked and completed as V0 does: three lists, by how a server is reached. Pure. Source:
/// PROTOCOL.md, "V0 settings".
/// </summary>
internal static partial class McpConfig
{
    private const string SseServers = "sse_servers";
    private const string StdioServers = "stdio_servers";
    private const string HttpServers = "shttp_servers";
    private const int DefaultTimeoutSeconds = 60;
    private const int MaxTimeoutSeconds = 3_600;

    private static readonly string[] s_schemes = ["http", "https", "ws", "wss"];

    /// <summary>The whole of it; null when there is none, or when it is no object.</summary>
    /// <exception cref="McpConfigException">It has a form that V0 trips over.</exception>
    public static JToken Read(RequestFields body, string name)
    {
        if (body.OptionalObject(name) is not { } config)
        {
            return JValue.CreateNull();
        }

        var read = new JObject
        {
            [SseServers] = Servers(WithAddressesAsObjects(config, SseServers), SseServers, ReadSse),
            [StdioServers] = Servers(config, StdioServers, ReadStdio),
            [HttpServers] = Servers(WithAddressesAsObjects(config, HttpServers), HttpServers, ReadHttp),
        };
        config.ForbidOthers(SseServers, StdioServers, HttpServers);
        return read;
    }

    private static JArray Servers(RequestFields config, string list, Func<RequestFields, JObject> read)
    {
        var servers = new JArray();
        foreach (var server in config.OptionalObjects(list))
        {
            servers.Add(read(server));
        }

        return servers;
    }

    /// <summary>A server may be given by its address alone.</summary>
    private static RequestFields WithAddressesAsObjects(RequestFields config, string list)
    {
        if (!config.Json.TryGetValue(list, out var given))
        {
            return config;
        }

        // V0 goes through it before it looks what it is.
        var servers = given as JArray ?? throw new McpConfigException();
        var json = (JObject)config.Json.DeepClone();
        json[list] = new JArray(servers.Select(static server =>
            server.Type == JTokenType.String ? new JObject { ["url"] = server.DeepClone() } : server.DeepClone()));
        return config.With(json);
    }

    private static JObject ReadSse(RequestFields server) => new()
    {
        ["url"] = Address(server),
        ["api_key"] = server.OptionalText("api_key"),
    };

    private static JObject ReadHttp(RequestFields server)
    {
        RefuseOtherThanText(server, "url");
        return new JObject
        {
            ["url"] = Address(server),
            ["api_key"] = server.OptionalText("api_key"),
            ["timeout"] = Timeout(server),
        };
    }

    private static JObject ReadStdio(RequestFields server)
    {
        RefuseOtherThanText(server, "name");
        RefuseOtherThanText(server, "command");
        return new JObject
        {
            ["name"] = Checked(server, "name", FaultOfName),
            ["command"] = Checked(server, "command", FaultOfCommand),
            ["args"] = McpArguments.Read(server, "args"),
            ["env"] = McpEnvironment.Read(server, "env"),
        };
    }

    private static JToken Timeout(RequestFields server)
    {
        if (!server.Json.ContainsKey("timeout"))
        {
            return DefaultTimeoutSeconds;
        }

        if (server.OptionalInteger("timeout") is not { } seconds)
        {
            return JValue.CreateNull();
        }

        if (seconds <= 0)
        {
            server.Errors.Rule(server.LocationOf("timeout"), "Timeout must be positive", server.Json["timeout"]);
        }
        else if (seconds > MaxTimeoutSeconds)
        {
            server.Errors.Rule(
                server.LocationOf("timeout"), $"Timeout cannot exceed {MaxTimeoutSeconds} seconds", server.Json["timeout"]);
        }

        return seconds;
    }

    private static string Address(RequestFields server) => Checked(server, "url", FaultOfAddress);

    /// <summary>The text without blanks around it. Empty when it is missing.</summary>
    private static string Checked(RequestFields server, string name, Func<string, string?> faultOf)
    {
        var text = server.RequiredText(name).Trim();
        if (server.Json[name] is { Type: JTokenType.String } given && faultOf(text) is { } fault)
        {
            server.Errors.Rule(server.LocationOf(name), fault, given);
        }

        return text;
    }

    private static string? FaultOfAddress(string address)
    {
        if (address.Length == 0)
        {
            return "URL cannot be empty";
        }

        var parts = AddressParts().Match(address);
        return !parts.Success
            ? "URL must include a scheme (http:// or https://)"
            : parts.Groups["host"].Length == 0
                ? "URL must include a valid domain/host"
                : s_schemes.Contains(parts.Groups["scheme"].Value, StringComparer.OrdinalIgnoreCase)
                    ? null
                    : "URL scheme must be http, https, ws, or wss";
    }

    private static string? FaultOfName(string name) => name.Length == 0
        ? "Server name cannot be empty"
        : ServerName().IsMatch(name)
            ? null
            : "Server name can only contain letters, numbers, hyphens, and underscores";

    private static string? FaultOfCommand(string command) => command.Length == 0
        ? "Command cannot be empty"
        : command.Contains(' ', StringComparison.Ordinal)
            ? "Command should be a single executable without spaces (use arguments field for parameters)"
            : null;

    private static void RefuseOtherThanText(RequestFields server, string name)
    {
        if (server.Json[name] is { Type: not JTokenType.String })
        {
            throw new McpConfigException();
        }
    }

    [GeneratedRegex("^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):(//(?<host>[^/?#]*))?")]
    private static partial Regex AddressParts();

    [GeneratedRegex("^[A-Za-z0-9_-]+$")]
    private static partial Regex ServerName();
}

/// <summary>An MCP configuration of a form that V0 fails on instead of refusing it: its answer is 500.</summary>
internal sealed class McpConfigException() : Exception("A list of MCP servers, or one of them, has a form that V0 fails on.");
