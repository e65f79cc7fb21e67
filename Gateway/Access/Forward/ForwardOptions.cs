using System.ComponentModel.DataAnnotations;

using Gateway.Primitives;

using Microsoft.Extensions.Options;

namespace Gateway.Access.Forward;

/// <summary>The server that decides who may come in (<c>Access:Mode Forward</c>). Read once, at start.</summary>
internal sealed class ForwardOptions
{
    public const string Section = "Access:Forward";

    /// <summary>
    /// The address that is asked, with GET: an answer 2xx lets in, 401 and 403 refuse with the message of its body, anything else refuses
    /// until it answers again.
    /// </summary>
    public string Address { get; set; } = "";

    /// <summary>How long an answer may take. From 0.1 s to 8 s, because a client waits for it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:08")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// For how long an answer is good for the same question; 0 asks each time. Whoever is signed out meanwhile is let in.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan CacheTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Answers that are kept; those that are not are asked for each time.</summary>
    [Range(1, 1_000_000)]
    public int MaxCached { get; set; } = 10_000;

    /// <summary>Questions at once; up to 16 times as many wait, and who comes then is refused as if there were no answer.</summary>
    [Range(1, 10_000)]
    public int MaxQuestions { get; set; } = 64;

    /// <summary>
    /// The header of the answer that names the user, whose conversations then are <c>users/{user}/…</c> in the store. Empty: there are no
    /// users.
    /// </summary>
    public string UserHeader { get; set; } = "X-User-Id";

    /// <summary>Refuse where an answer lets in and names no user, instead of giving the conversations that are nobody's.</summary>
    public bool RequireUser { get; set; }

    /// <summary>Headers of the request that go to the server besides <c>Cookie</c> and <c>Authorization</c>.</summary>
    public IList<string> Headers { get; } = [];
}

[OptionsValidator]
internal sealed partial class ForwardOptionsAttributeValidator : IValidateOptions<ForwardOptions>;

/// <summary>What attributes cannot say. Stateless.</summary>
internal sealed class ForwardOptionsValidator : IValidateOptions<ForwardOptions>
{
    public ValidateOptionsResult Validate(string? name, ForwardOptions options)
    {
        List<string> failures = [];
        if (options.Address.Length > 0
            && !(HttpAddress.TryParse(options.Address, out var url) && url.UserInfo.Length == 0))
        {
            failures.Add("Access:Forward:Address must be an http or https address without a name or password in it.");
        }

        if (options.UserHeader.Length > 0 && !IsName(options.UserHeader))
        {
            failures.Add("Access:Forward:UserHeader must be the name of a header.");
        }

        if (!options.Headers.All(IsName))
        {
            failures.Add("Access:Forward:Headers must be names of headers.");
        }

        if (options.RequireUser && options.UserHeader.Length == 0)
        {
            failures.Add("Access:Forward:RequireUser needs Access:Forward:UserHeader.");
        }

        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    private static bool IsName(string name) => name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
