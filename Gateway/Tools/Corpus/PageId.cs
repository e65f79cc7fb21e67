using System.Text;
using System.Text.RegularExpressions;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Corpus;

/// <summary>V0's ids of pages: a number in base64, alone or as <c>{"v0": …, "v1": …}</c> in base64 once more. Pure.</summary>
internal static partial class PageId
{
    /// <summary>It holds short numbers alone, and nothing that a user wrote.</summary>
    public static bool IsOfNumbers(string id) => Decode(Uri.UnescapeDataString(id)) is { } text
        && (Number().IsMatch(text)
            || (JsonTree.ReadOrNull(text) is JObject pair && pair.Properties().All(IsSide)));

    private static bool IsSide(JProperty side) => side.Name is "v0" or "v1"
        && (side.Value is JValue { Value: null } || (Decode(side.Value.AsText() ?? "") is { } number && Number().IsMatch(number)));

    private static string? Decode(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }

    [GeneratedRegex("^[0-9]{1,5}$")]
    private static partial Regex Number();
}
