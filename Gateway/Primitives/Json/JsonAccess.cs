using System.Globalization;

using Newtonsoft.Json.Linq;

namespace Gateway.Primitives.Json;

/// <summary>
/// Looks into JSON of any shape: what is no object has no members, and a member that is absent, null or of another type reads as its
/// default. Pure; nothing here throws on any input.
/// </summary>
internal static class JsonAccess
{
    public static JToken? Member(this JToken? token, string name) => (token as JObject)?[name];

    public static string? TextOrNull(this JToken? token, string name) => token.Member(name).AsText();

    public static string Text(this JToken? token, string name) => token.TextOrNull(name) ?? "";

    /// <summary>The value when it is a string; otherwise null.</summary>
    public static string? AsText(this JToken? token) => token is JValue { Type: JTokenType.String, Value: string text } ? text : null;

    public static bool Flag(this JToken? token, string name) => token.Member(name) is JValue { Type: JTokenType.Boolean, Value: true };

    public static int? Integer(this JToken? token, string name) =>
        token.Member(name) is JValue { Type: JTokenType.Integer, Value: long and >= int.MinValue and <= int.MaxValue and var number }
            ? (int)number
            : null;

    /// <summary>The number, whatever its form; 0 when there is none.</summary>
    public static double Number(this JToken? token, string name) => token.Member(name).AsNumber() ?? 0;

    /// <summary>The value when it is a number that a double can hold; otherwise null.</summary>
    public static double? AsNumber(this JToken? token) => token switch
    {
        JRaw raw when double.TryParse((string?)raw.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var read)
            && double.IsFinite(read) => read,
        JRaw => null,
        JValue { Type: JTokenType.Integer, Value: long whole } => whole,
        JValue { Type: JTokenType.Float, Value: double real } when double.IsFinite(real) => real,
        _ => null,
    };

    public static JObject? Object(this JToken? token, string name) => token.Member(name) as JObject;

    /// <summary>The objects of an array; nothing when there is none.</summary>
    public static IEnumerable<JObject> Objects(this JToken? token, string name) => (token.Member(name) as JArray)?.OfType<JObject>() ?? [];

    /// <summary>A copy of the value, with JSON null for an absent one.</summary>
    public static JToken Copy(this JToken? token, string name) => token.Member(name)?.DeepClone() ?? JValue.CreateNull();
}
