using Gateway.HttpApi.Conventions;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Settings;

/// <summary>
/// What a page or a script posts as settings, of whatever version of V0's. Immutable; holds keys: never to be logged. Source: PROTOCOL.md,
/// "V0 settings".
/// </summary>
internal sealed class PostedSettings
{
    // Null means "as it is" for these, and "none" for the others.
    private static readonly string[] s_keptWhenNull =
        ["llm_api_key", "llm_model", "llm_base_url", "search_api_key", "user_consents_to_analytics"];

    private static readonly string[] s_keys = ["llm_api_key", "search_api_key", "sandbox_api_key"];

    private readonly JObject _fields;

    private PostedSettings(JObject fields, JObject body)
    {
        _fields = fields;
        Tokens = ReadTokens(body);
        UnsetsGitHubToken = body.Flag("unset_github_token");
    }

    /// <summary>Tokens of git providers: pages before 0.37 post them with the settings.</summary>
    public IReadOnlyList<GitToken> Tokens { get; }

    /// <summary>Pages before 0.30 take the token away in this way.</summary>
    public bool UnsetsGitHubToken { get; }

    /// <summary>What does not fit is in the body's errors.</summary>
    /// <exception cref="McpConfigException">V0 fails on its MCP servers.</exception>
    public static PostedSettings Read(RequestFields body)
    {
        var fields = SettingsSchema.Read(body);
        fields.Remove(SettingsSchema.SecretsStore);
        foreach (var name in s_keptWhenNull.Where(name => body.Json[name] is { Type: JTokenType.Null }))
        {
            fields.Remove(name);
        }

        // Whoever sends the mask has not been told the key.
        foreach (var name in s_keys.Where(name => KeyMask.IsMask(body.Json[name])))
        {
            fields.Remove(name);
        }

        if (IsOfAPageThatTakesNoKeyForNone(body.Json) && string.IsNullOrWhiteSpace(body.Json.TextOrNull("llm_api_key")))
        {
            fields.Remove("llm_api_key");
        }

        return new PostedSettings(fields, body.Json);
    }

    /// <summary>The fields to change, keys that were sent as masks put back in their places.</summary>
    public JObject FieldsOver(JObject? stored)
    {
        var fields = (JObject)_fields.DeepClone();
        KeyMask.Restore(fields.Object("mcp_config"), stored.Object("mcp_config"));
        return fields;
    }

    /// <summary>
    /// The pages of 0.25 to 0.30 believe that there is no key, because they are not shown one, and post an empty one with every save. All
    /// pages post agent and language; those from 0.37 on, which know better, post this switch too.
    /// </summary>
    private static bool IsOfAPageThatTakesNoKeyForNone(JObject body) =>
        body.ContainsKey("agent") && body.ContainsKey("language") && !body.ContainsKey("enable_proactive_conversation_starters");

    private static List<GitToken> ReadTokens(JObject body)
    {
        var tokens = new List<GitToken>();
        if (body.TextOrNull("github_token") is { } token && !string.IsNullOrWhiteSpace(token))
        {
            tokens.Add(new GitToken(KnownGitProviders.GitHub, token.Trim(), null, null));
        }

        foreach (var provider in body.Object("provider_tokens")?.Properties() ?? [])
        {
            var text = provider.Value.AsText() ?? provider.Value.TextOrNull("token");
            if (KnownGitProviders.IsKnown(provider.Name) && !string.IsNullOrWhiteSpace(text))
            {
                tokens.Add(new GitToken(provider.Name, text.Trim(), provider.Value.TextOrNull("host"), null));
            }
        }

        return tokens;
    }
}
