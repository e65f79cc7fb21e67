using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Settings;

/// <summary>
/// A user's settings as V0 understands what is stored: every field it knows, in its order, with its defaults. Immutable: nobody changes the
/// JSON. Holds keys: never to be logged. Source: PROTOCOL.md, "V0 settings".
/// </summary>
/// <param name="json">Fields that V0 does not know are not here.</param>
/// <param name="legacySecrets">What an old version keeps among the settings; null when there is nothing.</param>
internal sealed class StoredSettings(JObject json, JObject? legacySecrets)
{
    public JObject Json => json;

    public JObject? LegacySecrets => legacySecrets;

    /// <summary>A blank key counts as none, as with V0.</summary>
    public bool HasLlmKey => HasText("llm_api_key");

    public bool HasSearchKey => HasText("search_api_key");

    private bool HasText(string name) => !string.IsNullOrWhiteSpace(json.TextOrNull(name));
}
