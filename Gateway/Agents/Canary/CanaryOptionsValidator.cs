using Gateway.Conversations;
using Gateway.Primitives;

using Microsoft.Extensions.Options;

namespace Gateway.Agents.Canary;

/// <summary>The attributes' checks. Stateless.</summary>
[OptionsValidator]
internal sealed partial class CanaryOptionsAttributeValidator : IValidateOptions<CanaryOptions>;

/// <summary>What the attributes cannot say. Collects every failure. Immutable.</summary>
internal sealed class CanaryOptionsValidator(IOptions<AgentOptions> agent) : IValidateOptions<CanaryOptions>
{
    private static readonly string[] s_agents = ["none", "echo"];

    public ValidateOptionsResult Validate(string? name, CanaryOptions options)
    {
        var failures = Failures(options).ToList();
        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    /// <summary>The old agent that the setting names; null when it names none.</summary>
    public static AgentKind? AgentOf(string old) =>
        s_agents.Contains(old, StringComparer.OrdinalIgnoreCase) ? AgentOptions.Parse(old) : null;

    /// <summary>A V0 server's base address; a path in it is kept.</summary>
    public static Uri? AddressOf(string old) =>
        HttpAddress.TryParse(old, out var address) && address is { Query: "", Fragment: "", UserInfo: "" } ? address : null;

    private IEnumerable<string> Failures(CanaryOptions options)
    {
        if (options.Old.Length == 0)
        {
            if (options.Percent > 0 || options.Users.Count > 0 || options.Header.Length > 0 || options.Cookie.Length > 0)
            {
                yield return $"{CanaryOptions.Section} says which conversations are V1's, and not where the others are: set "
                    + $"{CanaryOptions.Section}:{nameof(options.Old)} to a V0 server's address, none or echo.";
            }

            yield break;
        }

        if (AgentOf(options.Old) is null && AddressOf(options.Old) is null)
        {
            yield return $"{CanaryOptions.Section}:{nameof(options.Old)} must be the http or https address of a V0 server, without name, "
                + $"password or query, or an agent: {string.Join(" or ", s_agents)}.";
        }

        if (AgentOptions.Parse(agent.Value.Agent) != AgentKind.V1)
        {
            yield return $"{CanaryOptions.Section}:{nameof(options.Old)} is for {AgentOptions.Key}=v1: that agent takes the new ones.";
        }

        foreach (var user in options.Users.Where(static user => !ConversationId.TryParse(user, out _)))
        {
            yield return $"{CanaryOptions.Section}:{nameof(options.Users)} has '{user}'; a user is 1 to {ConversationId.MaxLength} of "
                + "A-Z a-z 0-9 _ -.";
        }

        foreach (var (setting, text) in new[] { (nameof(options.Header), options.Header), (nameof(options.Cookie), options.Cookie) })
        {
            if (text.Length > 0 && RequestMark.TryParse(text) is null)
            {
                yield return $"{CanaryOptions.Section}:{setting} must be a name, or name=value.";
            }
        }
    }
}
