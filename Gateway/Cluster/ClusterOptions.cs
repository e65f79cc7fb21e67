using Gateway.Conversations.Storage;
using Gateway.Primitives;

using Microsoft.Extensions.Options;

namespace Gateway.Cluster;

/// <summary>
/// How gateways that share a database hand polling requests to one another, behind a balancer that does not. Off unless both are set.
/// </summary>
internal sealed class ClusterOptions
{
    public const string Section = "Cluster";

    /// <summary>
    /// Where the other gateways reach this one: <c>http://10.0.0.3:3000</c>, one of the addresses that it listens on. Another one at each
    /// gateway.
    /// </summary>
    public string Address { get; set; } = "";

    /// <summary>
    /// What the gateways know one another by, the same at each of them: at least 32 characters, as <c>openssl rand -hex 32</c> makes them.
    /// A secret.
    /// </summary>
    public string Secret { get; set; } = "";

    public bool IsOn => Address.Length > 0 && Secret.Length > 0;

    /// <summary>As above, before anything is registered.</summary>
    public static bool IsOnIn(IConfiguration configuration) =>
        !string.IsNullOrEmpty(configuration[$"{Section}:{nameof(Address)}"])
        && !string.IsNullOrEmpty(configuration[$"{Section}:{nameof(Secret)}"]);
}

/// <summary>Collects every failure, and shows nothing of the secret. Immutable.</summary>
internal sealed class ClusterOptionsValidator(IOptions<StorageOptions> storage) : IValidateOptions<ClusterOptions>
{
    private const int ShortestSecret = 32;

    public ValidateOptionsResult Validate(string? name, ClusterOptions options)
    {
        var failures = new List<string>();
        if (options.Address.Length > 0 != options.Secret.Length > 0)
        {
            failures.Add($"{ClusterOptions.Section}: Address and Secret are set together, or neither is.");
        }

        if (options.Address.Length > 0 && !IsAddress(options.Address))
        {
            failures.Add($"{ClusterOptions.Section}:{nameof(options.Address)} must be of the form http://host:port, without a path.");
        }

        if (options.Secret.Length is > 0 and < ShortestSecret)
        {
            failures.Add($"{ClusterOptions.Section}:{nameof(options.Secret)} must have at least {ShortestSecret} characters.");
        }

        if (options.IsOn && storage.Value.Kind != StorageKind.Postgres)
        {
            failures.Add(
                $"{ClusterOptions.Section} is for gateways that share a database: {StorageOptions.Section}:Kind must be Postgres.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static bool IsAddress(string text) =>
        HttpAddress.TryParse(text, out var uri)
        && uri is { PathAndQuery: "/", Fragment: "", UserInfo: "", Host.Length: > 0 };
}
