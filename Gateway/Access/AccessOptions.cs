using Gateway.Access.Forward;
using Gateway.Access.Jwt;

using Microsoft.Extensions.Options;

namespace Gateway.Access;

/// <summary>Who decides whether a request may come in.</summary>
internal enum AccessMode
{
    /// <summary>V0's way: the session key, where one is set, and else everybody.</summary>
    Open,

    /// <summary>A server of the operator's own is asked, as nginx's <c>auth_request</c> asks it.</summary>
    Forward,

    /// <summary>A token that an identity provider has signed.</summary>
    Jwt,
}

/// <summary>What operators can set about who may come in. Read once, at start.</summary>
internal sealed class AccessOptions
{
    public const string Section = "Access";

    /// <summary>
    /// Who decides: the session key alone (<c>Open</c>), a server that is asked (<c>Forward</c>), or a signed token (<c>Jwt</c>).
    /// </summary>
    public AccessMode Mode { get; set; }

    /// <summary>
    /// The key clients must show; empty asks for none. V0's <c>SESSION_API_KEY</c>. For the mode <c>Open</c> alone. A secret.
    /// </summary>
    public string SessionApiKey { get; set; } = "";

    /// <summary>
    /// How often <c>Forward</c> and <c>Jwt</c> are asked again about a client that is connected, and a token's end is heeded meanwhile: who
    /// may not come in any more is disconnected. 0: a client is asked about once, when it connects. From 5 s to 1 day.
    /// </summary>
    public TimeSpan RecheckInterval { get; set; }
}

/// <summary>What the chosen mode needs, and what it does not go with. Stateless.</summary>
internal sealed class AccessOptionsValidator(IConfiguration configuration) : IValidateOptions<AccessOptions>
{
    private static readonly TimeSpan s_shortestRecheck = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestRecheck = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, AccessOptions options)
    {
        var failures = Failures(options).ToList();
        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    private IEnumerable<string> Failures(AccessOptions options)
    {
        if (options.Mode != AccessMode.Open && options.SessionApiKey.Length > 0)
        {
            yield return $"Access:SessionApiKey is for Access:Mode Open; with {options.Mode} nobody asks for it.";
        }

        if (options.RecheckInterval != TimeSpan.Zero
            && (options.RecheckInterval < s_shortestRecheck || options.RecheckInterval > s_longestRecheck))
        {
            yield return "Access:RecheckInterval must be 00:00:00 (never) or from 00:00:05 to 1.00:00:00.";
        }
        else if (options.RecheckInterval != TimeSpan.Zero && options.Mode == AccessMode.Open)
        {
            yield return "Access:RecheckInterval is for Access:Mode Forward and Jwt; with Open a session key is good until the restart.";
        }

        var address = configuration[$"{ForwardOptions.Section}:{nameof(ForwardOptions.Address)}"];
        if (options.Mode == AccessMode.Forward && string.IsNullOrEmpty(address))
        {
            yield return "Access:Mode Forward needs Access:Forward:Address, the address of the server that is asked.";
        }

        if (options.Mode == AccessMode.Jwt)
        {
            var jwt = configuration.GetSection(JwtOptions.Section);
            if (string.IsNullOrEmpty(jwt[nameof(JwtOptions.Authority)]) == string.IsNullOrEmpty(jwt[nameof(JwtOptions.KeySet)]))
            {
                yield return "Access:Mode Jwt needs one of Access:Jwt:Authority and Access:Jwt:KeySet: by whose keys tokens are checked.";
            }

            if (string.IsNullOrEmpty(jwt[nameof(JwtOptions.Audience)]))
            {
                yield return "Access:Mode Jwt needs Access:Jwt:Audience: a token for another program of the same provider is not for this one.";
            }
        }
    }
}
