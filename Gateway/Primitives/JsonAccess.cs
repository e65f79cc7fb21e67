using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Primitives;

/// <summary>Reads JSON of any shape, and looks into it: what is no object has no members, and nothing throws. Pure.</summary>
internal static class JsonAccess
{
    /// <summary>Parses JSON as it is written: dates stay text. Null when it is none.</summary>
    public static JToken? ParseText(string text)
    {
        try
        {
            using var reader = new JsonTextReader(new StringReader(text)) { DateParseHandling = DateParseHandling.None, MaxDepth = 512 };
            if (!reader.Read())
            {
                return null;
            }

            var token = JToken.ReadFrom(reader);
            return reader.Read() ? null : token;
        }
        catch (JsonReaderException)
        {
            return null;
        }
    }

    public static JToken? Member(this JToken? token, string name) => (token as JObject)?[name];

    public static string? TextOf(this JToken? token, string name) => token.Member(name) is JValue { Type: JTokenType.String } value ? (string?)value : null;
}
