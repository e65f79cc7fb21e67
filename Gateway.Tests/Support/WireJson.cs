using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>Reads JSON as it came: dates stay text, so that comparing by structure compares what was on the wire. Pure.</summary>
internal static class WireJson
{
    public static JToken Parse(string text)
    {
        using var reader = new JsonTextReader(new StringReader(text)) { DateParseHandling = DateParseHandling.None, MaxDepth = 1_024 };
        return JToken.ReadFrom(reader);
    }

    /// <summary>Null for what is no JSON.</summary>
    public static JToken? TryParse(string text)
    {
        try
        {
            return Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
