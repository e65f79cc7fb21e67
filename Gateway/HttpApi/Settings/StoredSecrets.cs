using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Settings;

/// <summary>
/// A user's secrets as they are stored: tokens of git providers by provider, and values by name. What an old version has left among the
/// settings counts as well. Immutable: nobody changes the JSON. Never to be logged. Source: PROTOCOL.md, "V0 settings".
/// </summary>
internal sealed class StoredSecrets
{
    private const string ProviderTokens = "provider_tokens";
    private const string CustomSecrets = "custom_secrets";

    private StoredSecrets(JObject json)
    {
        Json = json;
        Tokens = [.. json.Object(ProviderTokens)?.Properties().Select(ReadToken).OfType<GitToken>() ?? []];
    }

    public static StoredSecrets None { get; } = new([]);

    /// <summary>The whole document, unknown fields too.</summary>
    public JObject Json { get; }

    /// <summary>One for each provider that has a token and that V0 knows, in the order of the document.</summary>
    public IReadOnlyList<GitToken> Tokens { get; }

    /// <summary>Names and descriptions, in the order of the document.</summary>
    public IEnumerable<(string Name, string Description)> Descriptions =>
        from secret in Json.Object(CustomSecrets)?.Properties() ?? []
        where IsSecret(secret.Value)
        select (secret.Name, secret.Value.Text("description"));

    public GitToken? TokenOf(string provider) => Tokens.FirstOrDefault(token => token.Provider == provider);

    public bool HasSecret(string name) => Json.Object(CustomSecrets)?[name] is { } secret && IsSecret(secret);

    /// <summary>
    /// What the document says, with what an old version left in the settings' <c>secrets_store</c>: of a token or a name in both, the
    /// settings' one was written later.
    /// </summary>
    public static StoredSecrets Of(JObject? document, JObject? legacy)
    {
        if (legacy is null)
        {
            return document is null ? None : new StoredSecrets(document);
        }

        var both = (JObject?)document?.DeepClone() ?? [];
        foreach (var part in (string[])[ProviderTokens, CustomSecrets])
        {
            var target = ObjectOf(both, part);
            foreach (var secret in legacy.Object(part)?.Properties() ?? [])
            {
                target[secret.Name] = secret.Value.DeepClone();
            }
        }

        return new StoredSecrets(both);
    }

    /// <summary>
    /// What stands in an old version's settings and is worth keeping: null when their <c>secrets_store</c> holds nothing.
    /// </summary>
    public static JObject? LegacyOf(JObject settings) =>
        settings.Object("secrets_store") is { } store
        && (store.Object(ProviderTokens)?.Properties().Any(static token => ReadToken(token) is not null) == true
            || store.Object(CustomSecrets)?.Properties().Any(static secret => IsSecret(secret.Value)) == true)
            ? store
            : null;

    /// <summary>The document with these tokens for those that it has.</summary>
    public JObject WithTokens(IEnumerable<GitToken> tokens) => With(ProviderTokens, _ => new JObject(tokens.Select(static token =>
        new JProperty(token.Provider, new JObject { ["token"] = token.Token, ["host"] = token.Host, ["user_id"] = token.UserId }))));

    /// <summary>The document with one more secret, at the end.</summary>
    public JObject WithSecret(string name, string value, string description) => With(CustomSecrets, secrets =>
    {
        secrets.Remove(name);
        secrets[name] = new JObject { ["secret"] = value, ["description"] = description };
        return secrets;
    });

    /// <summary>The document in which a secret has another name and description, and stands at the end, as with V0.</summary>
    public JObject WithRenamed(string name, string newName, string description)
    {
        var value = Json.Object(CustomSecrets)?[name];
        return StoredSecrets.Of(WithoutSecret(name), null).WithSecret(newName, value.AsText() ?? value.Text("secret"), description);
    }

    public JObject WithoutSecret(string name) => With(CustomSecrets, secrets =>
    {
        secrets.Remove(name);
        return secrets;
    });

    private JObject With(string part, Func<JObject, JObject> change)
    {
        var json = (JObject)Json.DeepClone();
        ObjectOf(json, ProviderTokens);
        ObjectOf(json, CustomSecrets);
        json[part] = change(ObjectOf(json, part));
        return json;
    }

    private static JObject ObjectOf(JObject json, string name)
    {
        if (json[name] is not JObject inner)
        {
            inner = [];
            json[name] = inner;
        }

        return inner;
    }

    /// <summary>Servers before 0.39 stored the value alone.</summary>
    private static bool IsSecret(JToken value) => value is JObject || value.Type == JTokenType.String;

    private static GitToken? ReadToken(JProperty token) =>
        KnownGitProviders.IsKnown(token.Name) && token.Value.TextOrNull("token") is { Length: > 0 } text
            ? new GitToken(token.Name, text, token.Value.TextOrNull("host"), token.Value.TextOrNull("user_id"))
            : null;
}
