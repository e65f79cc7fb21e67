using Gateway.Agents.V1.Bridge;
using Gateway.Agents.V1.Rest;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;

using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.Agents.V1;

/// <summary>Registers the V1 agent, and checks its settings at start.</summary>
internal static class V1ServiceCollectionExtensions
{
    public static IServiceCollection AddV1Agent(this IServiceCollection services)
    {
        services.AddV1Options();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<V1Metrics>();
        services.AddSingleton<V1RestClient>();
        services.AddSingleton(CreateLookup);
        services.AddSingleton<ConversationTemplate>();
        services.AddSingleton<UpstreamConnections>();
        services.AddSingleton<ConversationCalls>();
        services.AddSingleton<ConversationCache>();
        services.AddSingleton<V1Conversations>();
        services.AddSingleton<IBackendHealth, V1Health>();
        services.AddSingleton<IModelCatalogue, V1Models>();
        services.AddSingleton<ITitleStore, MetadataTitles>();
        services.AddSingleton<TitleFollowers>();
        services.AddSingleton<PathForm>();
        services.AddSingleton<WorkspaceCalls>();
        services.AddSingleton<WorkspaceFinder>();
        services.AddSingleton<V1Workspaces>();
        services.AddSingleton(static provider => new V1Context(
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<V1Metrics>(),
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("Gateway.Agents.V1")));
        services.AddSingleton<IUntranslatedEvents>(static provider => provider.GetRequiredService<V1Context>().Kinds);
        return services.AddSingleton<IAgentBackendFactory, V1AgentFactory>();
    }

    /// <summary>The settings with their checks, for whoever needs them first.</summary>
    public static void AddV1Options(this IServiceCollection services)
    {
        services.AddOptions<V1Options>().BindConfiguration(V1Options.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<V1Options>, V1OptionsAttributeValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<V1Options>, V1OptionsValidator>());
    }

    private static IEndpointLookup CreateLookup(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<V1Options>>().Value;
        return options.BaseUrl is { Length: > 0 } baseUrl
            ? new FixedEndpoint(V1Endpoint.Create(baseUrl, options.SessionApiKey))
            : new AppServerLookup(
                V1Endpoint.Create(options.AppServerUrl ?? "", options.SessionApiKey), services.GetRequiredService<V1RestClient>());
    }
}
