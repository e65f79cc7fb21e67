using System.Diagnostics.CodeAnalysis;
using System.Globalization;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1;

/// <summary>
/// Lenient reading of V1's JSON: a field that is absent, null or of another type reads as its default, because both generations
/// of server differ in what they leave out (facts F 27, G.3). Pure; nothing here throws on any input.
/// </summary>
internal static class V1Json
{
    // Deep enough for any event seen, and far from what would exhaust the stack.
    private const int MaxDepth = 256;

    public static bool TryParse(string text, [NotNullWhen(true)] out JToken? json)
    {
        using var reader = new JsonTextReader(new StringReader(text))
        {
            MaxDepth = MaxDepth,
            // Timestamps pass through byte for byte.
            DateParseHandling = DateParseHandling.None,
        };
        try
        {
            json = JToken.ReadFrom(reader);
            return true;
        }
        catch (JsonException)
        {
            json = null;
            return false;
        }
    }

    public static bool TryParseObject(string text, [NotNullWhen(true)] out JObject? json)
    {
        json = TryParse(text, out var token) ? token as JObject : null;
        return json is not null;
    }

    public static string? TextOrNull(this JObject json, string name) =>
        json[name] is JValue { Type: JTokenType.String, Value: string text } ? text : null;

    public static string Text(this JObject json, string name) => json.TextOrNull(name) ?? "";

    public static bool Flag(this JObject json, string name) => json[name] is JValue { Type: JTokenType.Boolean, Value: true };

    public static int? Integer(this JObject json, string name) =>
        json[name] is JValue { Type: JTokenType.Integer, Value: long and >= int.MinValue and <= int.MaxValue and var number } ? (int)number : null;

    public static double Number(this JObject json, string name) => json[name] switch
    {
        JValue { Type: JTokenType.Integer, Value: long whole } => whole,
        JValue { Type: JTokenType.Float, Value: double real } => real,
        _ => 0,
    };

    public static JObject? Object(this JObject json, string name) => json[name] as JObject;

    /// <summary>The objects of an array; nothing when there is none.</summary>
    public static IEnumerable<JObject> Objects(this JObject json, string name) => (json[name] as JArray)?.OfType<JObject>() ?? [];

    /// <summary>A copy of the value, with JSON null for an absent one: V0 writes every field.</summary>
    public static JToken Copy(this JObject json, string name) => json[name]?.DeepClone() ?? JValue.CreateNull();

    /// <summary>The joined text of content items (<c>{"type":"text","text":…}</c>).</summary>
    public static string JoinedText(IEnumerable<JObject> items, string separator = "") =>
        string.Join(separator, items.Where(static item => item["text"] is not null).Select(static item => item.Text("text")));

    /// <summary>V1's naive local time, or null: only ever compared with other times of the same server.</summary>
    public static DateTime? Time(string? timestamp) =>
        DateTime.TryParse(timestamp, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
}
