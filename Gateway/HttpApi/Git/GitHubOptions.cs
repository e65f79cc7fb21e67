using System.ComponentModel.DataAnnotations;

using Microsoft.Extensions.Options;

namespace Gateway.HttpApi.Git;

/// <summary>How GitHub is reached for users who have stored a token, section <c>GitHub</c>. Read once, at start.</summary>
internal sealed class GitHubOptions
{
    public const string Section = "GitHub";

    /// <summary>
    /// The address of the API for tokens that name no host of their own; with a host it is <c>https://{host}/api/v3</c>, as with V0.
    /// </summary>
    [Required, Url]
    public string BaseUrl { get; set; } = "https://api.github.com/";

    /// <summary>Limit of one call.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);
}

/// <summary>The attribute checks of <see cref="GitHubOptions"/>. Source-generated; stateless.</summary>
[OptionsValidator]
internal sealed partial class GitHubOptionsValidator : IValidateOptions<GitHubOptions>;
