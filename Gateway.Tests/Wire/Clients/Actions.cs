using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>What users do, as V0's clients write it. Pure.</summary>
internal static class Actions
{
    public static JObject Message(string text) => new()
    {
        ["action"] = "message",
        ["args"] = new JObject { ["content"] = text, ["image_urls"] = new JArray(), ["file_urls"] = new JArray() },
    };
}
