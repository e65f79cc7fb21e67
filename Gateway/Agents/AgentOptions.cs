using Microsoft.Extensions.Options;

namespace Gateway.Agents;

/// <summary>Who answers in conversations.</summary>
internal enum AgentKind
{
    /// <summary>Nobody: events come from clients.</summary>
    None,

    /// <summary>A small scripted agent, for trying out and for tests.</summary>
    Echo,

    /// <summary>What a recorded server and its agent did, again.</summary>
    Recorded,

    /// <summary>A V1 agent-server.</summary>
    V1,
}

/// <summary>The choice of an agent. It has no section of its own: <c>Agent=echo</c>, <c>--agent echo</c>.</summary>
internal sealed class AgentOptions
{
    public const string Key = "Agent";

    /// <summary>
    /// The name of an <see cref="AgentKind"/>; empty is none. A text, so that a bad one is reported with all other bad settings.
    /// </summary>
    public string Agent { get; set; } = "";

    /// <summary>The kind that is named, or null when there is no such kind. A number is no name.</summary>
    public static AgentKind? Parse(string? name) =>
        string.IsNullOrEmpty(name) ? AgentKind.None
        : Enum.TryParse<AgentKind>(name, ignoreCase: true, out var kind) && char.IsAsciiLetter(name[0]) ? kind
        : null;
}

/// <summary>The check of <see cref="AgentOptions"/>.</summary>
internal sealed class AgentOptionsValidator : IValidateOptions<AgentOptions>
{
    public ValidateOptionsResult Validate(string? name, AgentOptions options) => AgentOptions.Parse(options.Agent) is not null
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail(
            $"{AgentOptions.Key} is '{options.Agent}'; it must be one of "
            + $"{string.Join(", ", Enum.GetNames<AgentKind>()).ToLowerInvariant()}.");
}
