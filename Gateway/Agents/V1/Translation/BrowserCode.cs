using System.Collections.Frozen;

using Gateway.Primitives.Json;

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

    public static string Write(JObject action)
    {
        var kind = action.Text("kind");
        // BrowserGoBackAction -> go_back()
        return s_byKind.TryGetValue(kind, out var write) ? write(action)
            : IsBrowser(kind) ? SnakeCase.From(kind[Prefix.Length..^Suffix.Length]) + "()"
            : "";
    }

    /// <summary>Whether a kind is a browser's by its name, known or not.</summary>
    public static bool IsBrowser(string kind) => kind.StartsWith(Prefix, StringComparison.Ordinal)
        && kind.EndsWith(Suffix, StringComparison.Ordinal)
        && kind.Length > Prefix.Length + Suffix.Length;

    private static string Quoted(JToken? value) =>
        JsonConvert.ToString(value is JValue { Value: not null } plain ? plain.ToString(null, null) : "");
}
