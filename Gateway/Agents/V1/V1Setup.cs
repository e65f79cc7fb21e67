using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;

using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.Agents.V1;

/// <summary>Registers the V1 agent, and checks its settings at start. Only for a gateway whose agent it is.</summary>
internal static class V1Setup
{
    public static IServiceCollection AddV1Agent(this IServiceCollection services)
    {
        services.AddOptions<V1Options>().BindConfiguration(V1Options.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<V1Options>, V1OptionsAttributeValidator>();
        services.AddSingleton<IValidateOptions<V1Options>, V1OptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<V1Metrics>();
        services.AddSingleton<V1RestClient>();
        services.AddSingleton<ConversationTemplate>();
        services.AddSingleton(static provider => new V1Services(
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<V1Metrics>(),
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("Gateway.Agents.V1")));
        return services.AddSingleton<IAgentBackendFactory, V1AgentFactory>();
    }
}
