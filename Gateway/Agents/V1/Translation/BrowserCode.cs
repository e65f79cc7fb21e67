using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>V1's browser actions as the one line of browser code that V0's clients show. For reading only: nothing runs it. Pure.</summary>
internal static class BrowserCode
{
    private const string Prefix = "Browser";

    private const string Suffix = "Action";

    private static readonly FrozenDictionary<string, Func<JObject, string>> s_byKind =
        new Dictionary<string, Func<JObject, string>>(StringComparer.Ordinal)
        {
            ["BrowserClickAction"] = static action => $"click({Quoted(action["index"])})",
            ["BrowserTypeAction"] = static action => $"fill({Quoted(action["index"])},{Quoted(action["text"])})",
            ["BrowserScrollAction"] = static action => $"scroll({Quoted(action["direction"])})",
            ["BrowserSwitchTabAction"] = static action => $"switch_tab({Quoted(action["tab_id"])})",
            ["BrowserCloseTabAction"] = static action => $"close_tab({Quoted(action["tab_id"])})",
        }.ToFrozenDictionary(StringComparer.Ordinal);

    public static bool TryWrite(string kind, JObject action, [NotNullWhen(true)] out string? code)
    {
        if (s_byKind.TryGetValue(kind, out var write))
        {
            code = write(action);
            return true;
        }

        // BrowserGoBackAction -> go_back()
        var isBrowser = kind.StartsWith(Prefix, StringComparison.Ordinal) && kind.EndsWith(Suffix, StringComparison.Ordinal)
            && kind.Length > Prefix.Length + Suffix.Length;
        code = isBrowser ? SnakeCase.From(kind[Prefix.Length..^Suffix.Length]) + "()" : null;
        return isBrowser;
    }

    private static string Quoted(JToken? value) =>
        JsonConvert.ToString(value is JValue { Value: not null } plain ? plain.ToString(null, null) : "");
}
