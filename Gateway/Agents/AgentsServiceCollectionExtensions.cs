using Gateway.Agents.Echo;
using Gateway.Agents.None;
using Gateway.Agents.V1;
using Gateway.Conversations;

using Microsoft.Extensions.Options;

namespace Gateway.Agents;

/// <summary>Registers the backend that the setting <c>Agent</c> names.</summary>
internal static class AgentsServiceCollectionExtensions
{
    public static IServiceCollection AddAgents(this IServiceCollection services, IConfiguration configuration)
    {
        var name = configuration[AgentOptions.Key] ?? "";
        services.AddOptions<AgentOptions>().Configure(options => options.Agent = name);
        services.AddSingleton<IValidateOptions<AgentOptions>, AgentOptionsValidator>();
        return AgentOptions.Parse(name) switch
        {
            AgentKind.Echo => services.AddEchoAgent(),

            // A tool: the host registers it.
            AgentKind.Recorded => services,
            AgentKind.V1 => services.AddV1Agent(),
            _ => services.AddSingleton<IAgentBackendFactory, NoAgent>(),
        };
    }
}
