using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History.ToV1;

/// <summary>V1's content items. Its reader refuses an item with any other key. Pure.</summary>
internal static class V1Content
{
    public static JObject Text(string text) => new() { ["cache_prompt"] = false, ["type"] = "text", ["text"] = text };

    public static JObject Images(JArray urls) => new() { ["cache_prompt"] = false, ["type"] = "image", ["image_urls"] = urls };

    /// <summary>One item, or none for an empty text: models refuse those.</summary>
    public static JArray TextOrNothing(string text) => text.Length > 0 ? [Text(text)] : [];

    public static JArray Strings(JToken? list) =>
        [.. (list as JArray ?? []).Where(static item => item.Type == JTokenType.String).Select(static item => item.DeepClone())];
}
