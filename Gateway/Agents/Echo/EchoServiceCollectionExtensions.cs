using Gateway.Conversations;

using Microsoft.Extensions.Options;

namespace Gateway.Agents.Echo;

/// <summary>Registers the scripted agent.</summary>
internal static class EchoServiceCollectionExtensions
{
    public static IServiceCollection AddEchoAgent(this IServiceCollection services)
    {
        services.AddOptions<EchoOptions>().BindConfiguration(EchoOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<EchoOptions>, EchoOptionsValidator>();
        return services.AddSingleton<IAgentBackendFactory, EchoAgentFactory>();
    }
}

/// <summary>Makes one echo agent for each session. Thread-safe.</summary>
internal sealed class EchoAgentFactory(IOptions<EchoOptions> options, TimeProvider timeProvider, ILogger<EchoAgent> logger)
    : IAgentBackendFactory
{
    public IAgentBackend Create(ConversationKey key) => new EchoAgent(options.Value, timeProvider, logger);
}
