using Gateway.Conversations.Events;
using Gateway.Conversations.Handshake;
using Gateway.Conversations.Sessions;

using Microsoft.Extensions.Options;

namespace Gateway.Conversations;

/// <summary>Registers the conversations layer; a store and a backend factory are registered by others.</summary>
internal static class ConversationsSetup
{
    public static IServiceCollection AddConversations(this IServiceCollection services)
    {
        services.AddOptions<ConversationsOptions>().BindConfiguration(ConversationsOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ConversationsOptions>, ConversationsOptionsAttributeValidator>();
        services.AddSingleton<IValidateOptions<ConversationsOptions>, ConversationsOptionsValidator>();
        services.AddSingleton(static provider => provider.GetRequiredService<IOptions<ConversationsOptions>>().Value);
        services.AddSingleton<ConversationMetrics>();
        services.AddSingleton<EventWriter>();
        services.AddSingleton<CursorScheduler>();
        services.AddSingleton<SessionServices>();
        services.AddSingleton<ConversationRegistry>();
        services.AddSingleton<ConnectGate>();
        services.AddSingleton<ConversationNamespace>();
        return services.AddHostedService<SessionShutdown>();
    }
}
