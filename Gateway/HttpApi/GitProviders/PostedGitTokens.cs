using Gateway.HttpApi.Conventions;
using Gateway.HttpApi.Settings;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.GitProviders;

/// <summary>What is posted as tokens of git providers. Immutable; never to be logged.</summary>
internal sealed record PostedGitTokens(IReadOnlyList<GitToken> Tokens)
{
    private const string ProviderTokens = "provider_tokens";

    /// <summary>What does not fit is in the body's errors, tokens masked there: an answer must not repeat them.</summary>
    /// <exception cref="McpConfigException">V0, which takes MCP servers here and does nothing with them, fails on those.</exception>
    public static PostedGitTokens Read(RequestFields body)
    {
        McpConfig.Read(body, "mcp_config");
        var tokens = new List<GitToken>();
        switch (body.Json[ProviderTokens])
        {
            case null:
                break;
            case JObject providers:
                foreach (var provider in providers.Properties())
                {
                    ReadToken(body, provider, tokens);
                }

                break;
            case { } other:
                body.Errors.Add("dict_type", body.LocationOf(ProviderTokens), "Input should be a valid dictionary", other);
                break;
        }

        return new PostedGitTokens(tokens);
    }

    /// <summary>
    /// The tokens to store: those posted, and where one is empty the stored one, at the host that is posted. Providers that are not posted
    /// are forgotten, as with V0.
    /// </summary>
    public IEnumerable<GitToken> Over(StoredSecrets stored) =>
        from token in Tokens
        let kept = token.Token.Length > 0 ? token : stored.TokenOf(token.Provider)
        where kept is not null
        select kept with { Host = token.Host };

    private static void ReadToken(RequestFields body, JProperty provider, List<GitToken> tokens)
    {
        if (!KnownGitProviders.IsKnown(provider.Name))
        {
            body.Errors.NotOneOf(
                body.LocationOf(ProviderTokens, provider.Name, "[key]"), KnownGitProviders.All, new JValue(provider.Name));
        }

        if (provider.Value is not JObject token)
        {
            body.Errors.NotAnObject(body.LocationOf(ProviderTokens, provider.Name), provider.Value);
            return;
        }

        var text = token.Text("token");
        if (text.Length > 0)
        {
            token["token"] = KeyMask.Text;
        }

        var fields = new RequestFields(token, body.Errors, [.. body.LocationOf(ProviderTokens, provider.Name)]);
        fields.OptionalText("token");
        var userId = fields.OptionalText("user_id");
        tokens.Add(new GitToken(provider.Name, text, fields.OptionalText("host"), userId));
    }
}
