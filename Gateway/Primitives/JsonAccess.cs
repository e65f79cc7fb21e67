using Newtonsoft.Json.Linq;

namespace Gateway.Primitives;

/// <summary>Looks into JSON of any shape: what is no object has no members, and nothing throws. Pure.</summary>
internal static class JsonAccess
{
    public static JToken? Member(this JToken? token, string name) => (token as JObject)?[name];

    public static string? TextOf(this JToken? token, string name) => token.Member(name) is JValue { Type: JTokenType.String } value ? (string?)value : null;
}
