using Gateway.Agents.Canary;
using Gateway.Agents.Echo;
using Gateway.Agents.None;
using Gateway.Agents.V0;
using Gateway.Agents.V1;
using Gateway.Conversations;

using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.Agents;

/// <summary>Registers the backend that the setting <c>Agent</c> names, and the one beside it that <c>Migration:Route</c> names.</summary>
internal static class AgentsServiceCollectionExtensions
{
    // By these the choice between them knows the two.
    private const string NewAgent = "new";
    private const string OldAgent = "old";

    public static IServiceCollection AddAgents(this IServiceCollection services, IConfiguration configuration)
    {
        var name = configuration[AgentOptions.Key] ?? "";
        services.AddOptions<AgentOptions>().Configure(options => options.Agent = name);
        services.AddSingleton<IValidateOptions<AgentOptions>, AgentOptionsValidator>();
        services.AddOptions<CanaryOptions>().BindConfiguration(CanaryOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<CanaryOptions>, CanaryOptionsAttributeValidator>();
        services.AddSingleton<IValidateOptions<CanaryOptions>, CanaryOptionsValidator>();
        var kind = AgentOptions.Parse(name) ?? AgentKind.None;
        var old = CanaryOptions.OldIn(configuration);
        return kind == AgentKind.V1 && old.Length > 0 ? services.AddCanary(old) : services.AddAgent(kind);
    }

    private static IServiceCollection AddAgent(this IServiceCollection services, AgentKind kind) => kind switch
    {
        AgentKind.Echo => services.AddEchoAgent(),

        // A tool: the host registers it.
        AgentKind.Recorded => services,
        AgentKind.V1 => services.AddV1Agent(),
        _ => services.AddSingleton<IAgentBackendFactory, NoAgent>(),
    };

    /// <summary>Both agents, each under its own name, and the choice between them as the one that conversations ask.</summary>
    private static IServiceCollection AddCanary(this IServiceCollection services, string old)
    {
        services.AddAgent(AgentKind.V1).TakeFactoryAs(NewAgent);
        if (CanaryOptionsValidator.AddressOf(old) is not null)
        {
            services.AddV0Server();
        }
        else
        {
            // What is no agent is reported by the check of all settings.
            services.AddAgent(CanaryOptionsValidator.AgentOf(old) ?? AgentKind.None);
        }

        services.TakeFactoryAs(OldAgent);
        services.TryAddSingleton<CanaryMetrics>();
        services.AddSingleton<CanaryRule>();
        return services.AddSingleton<IAgentBackendFactory>(static provider => new RoutedAgents(
            provider.GetRequiredKeyedService<IAgentBackendFactory>(NewAgent),
            provider.GetRequiredKeyedService<IAgentBackendFactory>(OldAgent),
            provider.GetRequiredService<CanaryRule>(),
            provider.GetRequiredService<CanaryMetrics>()));
    }

    /// <summary>The factory that was registered last is known by a key, and no longer as the only one.</summary>
    private static void TakeFactoryAs(this IServiceCollection services, string key)
    {
        var last = services.Last(static service => service.ServiceType == typeof(IAgentBackendFactory) && !service.IsKeyedService);
        services.Remove(last);
        services.AddKeyedSingleton(typeof(IAgentBackendFactory), key, last.ImplementationType
            ?? throw new InvalidOperationException("The agent's factory was not registered by its type."));
    }
}
