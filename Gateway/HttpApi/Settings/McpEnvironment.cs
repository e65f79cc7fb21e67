using System.Text.RegularExpressions;

using Gateway.HttpApi.Conventions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Settings;

/// <summary>
/// The environment of an MCP server's command: names and texts, or one text <c>A=1,B=2</c>. Pure.
/// </summary>
internal static partial class McpEnvironment
{
    public static JObject Read(RequestFields server, string name)
    {
        switch (server.Json[name])
        {
            case null or { Type: JTokenType.Null }:
                return [];
            case { Type: JTokenType.String } text:
                return Parse(server, name, (string?)text ?? "");
            case JObject variables:
                return Check(server, name, variables);
            case { } other:
                server.Errors.Add("dict_type", server.LocationOf(name), "Input should be a valid dictionary", other);
                return [];
        }
    }

    private static JObject Check(RequestFields server, string name, JObject variables)
    {
        foreach (var variable in variables.Properties().Where(static variable => variable.Value.Type != JTokenType.String))
        {
            server.Errors.Add(
                "string_type", server.LocationOf(name, variable.Name), "Input should be a valid string", variable.Value);
        }

        return (JObject)variables.DeepClone();
    }

    private static JObject Parse(RequestFields server, string name, string text)
    {
        var read = new JObject();
        foreach (var pair in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var key = parts[0].Trim();
            if (FaultOf(pair, parts, key) is { } fault)
            {
                server.Errors.Rule(server.LocationOf(name), fault, text);
                return [];
            }

            read[key] = parts[1];
        }

        return read;
    }

    private static string? FaultOf(string pair, string[] parts, string key) => parts.Length < 2
        ? $"Environment variable '{pair}' must be in KEY=VALUE format"
        : key.Length == 0
            ? "Environment variable key cannot be empty"
            : VariableName().IsMatch(key)
                ? null
                : $"Invalid environment variable name '{key}'. Must start with letter or underscore, contain only alphanumeric characters and underscores";

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex VariableName();
}
