using System.ComponentModel.DataAnnotations;

using Gateway.Primitives;

using Microsoft.Extensions.Options;

namespace Gateway.Access.Jwt;

/// <summary>Whose tokens let in (<c>Access:Mode Jwt</c>). Read once, at start.</summary>
internal sealed class JwtOptions
{
    public const string Section = "Access:Jwt";

    /// <summary>
    /// The identity provider's address: its keys and its name are read from <c>.well-known/openid-configuration</c> below it, and read
    /// anew when they change.
    /// </summary>
    public string Authority { get; set; } = "";

    /// <summary>A key set (JWKS), as a file or an http or https address, in place of an authority. Needs an issuer as well.</summary>
    public string KeySet { get; set; } = "";

    /// <summary>
    /// Who must have issued a token (<c>iss</c>). With an authority: that authority, by its own word, when this is empty.
    /// </summary>
    public string Issuer { get; set; } = "";

    /// <summary>For whom a token must be (<c>aud</c>).</summary>
    public string Audience { get; set; } = "";

    /// <summary>
    /// The claim that names the user, whose conversations then are <c>users/{user}/…</c> in the store. A token without it lets nobody in.
    /// Empty: there are no users.
    /// </summary>
    public string UserClaim { get; set; } = "sub";

    /// <summary>
    /// A claim with the ids of the conversations that the token is for, as a list or in one text with spaces; <c>*</c> is all. Such a token
    /// opens those conversations and nothing else. Empty: every token is for all of its user's.
    /// </summary>
    public string ConversationsClaim { get; set; } = "";

    /// <summary>A cookie in which a token may come as well. Empty: none.</summary>
    public string Cookie { get; set; } = "";

    /// <summary>By how much the provider's clock may differ from this one.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the provider's keys may take to come. From 0.1 s to 8 s, because a client waits for them.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:08")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Take keys from https alone; false for a provider within one's own network, or for a trial.</summary>
    public bool RequireHttps { get; set; } = true;
}

[OptionsValidator]
internal sealed partial class JwtOptionsAttributeValidator : IValidateOptions<JwtOptions>;

/// <summary>What attributes cannot say. Stateless.</summary>
internal sealed class JwtOptionsValidator : IValidateOptions<JwtOptions>
{
    public ValidateOptionsResult Validate(string? name, JwtOptions options)
    {
        List<string> failures = [];
        if (options.Authority.Length > 0 && ProblemOf(options.Authority, options.RequireHttps) is { } authority)
        {
            failures.Add($"Access:Jwt:Authority {authority}");
        }

        if (KeySetRetriever.IsAddress(options.KeySet) && ProblemOf(options.KeySet, options.RequireHttps) is { } address)
        {
            failures.Add($"Access:Jwt:KeySet {address}");
        }
        else if (options.KeySet.Length > 0 && !KeySetRetriever.IsAddress(options.KeySet) && !File.Exists(options.KeySet))
        {
            failures.Add("Access:Jwt:KeySet names a file that is not there.");
        }

        if (options.KeySet.Length > 0 && options.Issuer.Length == 0)
        {
            failures.Add("Access:Jwt:KeySet needs Access:Jwt:Issuer: a key set does not say whose it is.");
        }

        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    private static string? ProblemOf(string address, bool requireHttps) =>
        !HttpAddress.TryParse(address, out var url) || url.UserInfo.Length > 0
            ? "must be an http or https address without a name or password in it."
            : requireHttps && url.Scheme != Uri.UriSchemeHttps ? "must be https, or Access:Jwt:RequireHttps false."
            : null;
}
