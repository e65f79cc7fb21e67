using Gateway.Agents.Echo;
using Gateway.Agents.None;
using Gateway.Agents.Recorded;
using Gateway.Agents.V1;
using Gateway.Conversations;

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

/// <summary>Registers the backend that the setting <c>Agent</c> names.</summary>
internal static class AgentsSetup
{
    public const string AgentKey = "Agent";

    public static IServiceCollection AddAgents(this IServiceCollection services, IConfiguration configuration)
    {
        var name = configuration[AgentKey];
        if (!Enum.TryParse<AgentKind>(string.IsNullOrEmpty(name) ? nameof(AgentKind.None) : name, ignoreCase: true, out var kind)
            || !Enum.IsDefined(kind))
        {
            throw new OptionsValidationException(AgentKey, typeof(AgentKind), [
                $"{AgentKey} is '{name}'; it must be one of {string.Join(", ", Enum.GetNames<AgentKind>()).ToLowerInvariant()}."]);
        }

        return kind switch
        {
            AgentKind.Echo => services.AddEchoAgent(),
            AgentKind.Recorded => services.AddRecordedAgent(),
            AgentKind.V1 => services.AddV1Agent(),
            _ => services.AddSingleton<IAgentBackendFactory, NoAgent>(),
        };
    }
}
