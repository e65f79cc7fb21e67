using System.Text;

using Newtonsoft.Json.Linq;

namespace Gateway.Primitives.Json;

/// <summary>
/// JSON as the names and types of its fields: <c>{id: string, items: [{text: string}], n: number}</c>. Never a value, which may be a
/// secret; and no name that is not one of a field, for maps have values as names. Bounded in depth, breadth and length, whatever comes.
/// Pure.
/// </summary>
internal static class JsonOutline
{
    private const int MaxDepth = 4;
    private const int MaxFields = 30;
    private const int MaxNameLength = 64;
    private const int MaxLength = 1_000;

    public static string Of(JToken? value)
    {
        var shape = new StringBuilder();
        Write(shape, value, 0);
        return shape.Length <= MaxLength ? shape.ToString() : shape.ToString(0, MaxLength) + "…";
    }

    /// <summary>A word of V1's that may stand in a log; <c>?</c> in the place of one that is none.</summary>
    public static string Name(string text) => IsName(text) ? text : "?";

    private static void Write(StringBuilder shape, JToken? value, int depth)
    {
        switch (value)
        {
            case JObject when depth == MaxDepth:
                shape.Append("object");
                break;
            case JObject json:
                WriteFields(shape, json, depth);
                break;
            case JArray { First: { } first }:
                // All are taken to be alike.
                shape.Append('[');
                Write(shape, first, depth);
                shape.Append(']');
                break;
            case JArray:
                shape.Append("[]");
                break;
            default:
                shape.Append(TypeOf(value));
                break;
        }
    }

    private static void WriteFields(StringBuilder shape, JObject json, int depth)
    {
        shape.Append('{');
        var count = 0;
        foreach (var property in json.Properties())
        {
            shape.Append(count == 0 ? "" : ", ");
            if (++count > MaxFields || shape.Length > MaxLength)
            {
                shape.Append('…');
                break;
            }

            shape.Append(Name(property.Name)).Append(": ");
            Write(shape, property.Value, depth + 1);
        }

        shape.Append('}');
    }

    private static string TypeOf(JToken? value) => value?.Type switch
    {
        JTokenType.Integer or JTokenType.Float => "number",
        JTokenType.Boolean => "boolean",
        JTokenType.Null or JTokenType.Undefined or null => "null",
        _ => "string",
    };

    private static bool IsName(string text) => text.Length is > 0 and <= MaxNameLength
        && !char.IsAsciiDigit(text[0])
        && text.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
