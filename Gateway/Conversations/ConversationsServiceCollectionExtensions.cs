using Gateway.Access;
using Gateway.Conversations.Connect;
using Gateway.Conversations.Events;
using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;
using Gateway.SocketIO.Namespaces;

using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.Conversations;

/// <summary>Registers the conversations layer; a store and a backend factory are registered by others.</summary>
internal static class ConversationsServiceCollectionExtensions
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
        services.AddSingleton<RecentEventBudget>();
        services.AddSingleton<PageReadAhead>();
        services.TryAddSingleton<IConversationClaims, NoClaims>();
        services.AddSingleton<ConversationGateways>();
        services.AddSingleton<SessionContext>();
        services.AddSingleton<ConversationRegistry>();
        services.AddSingleton<KnownConversations>();
        services.AddSingleton<ConversationService>();
        services.AddSingleton<ConversationUsers>();
        services.AddSingleton<ConversationPlaces>();
        services.AddSingleton<ConnectAuthorizer>();
        services.AddSingleton<ClientLimits>();
        services.AddSingleton<AccessRechecks>();
        services.AddSingleton<ConversationNamespace>();
        services.AddHostedService<ConversationGauges>();
        services.AddHostedService<CatalogueWarmup>();
        services.KeepHandshakeHeaders<IAccessPolicy>(static policy => policy.HeaderNames);
        services.KeepHandshakeHeaders(ConversationNamespace.HeaderNames);
        services.KeepHandshakeHeaders(ConversationTraces.HeaderNames);
        return services;
    }
}
