using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>Registers the stores that stand in a database, and what makes its tables at start.</summary>
internal static class PostgresStorageServiceCollectionExtensions
{
    public static IServiceCollection AddPostgresStorage(this IServiceCollection services)
    {
        services.AddOptions<PostgresStorageOptions>().BindConfiguration(PostgresStorageOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PostgresStorageOptions>, PostgresStorageOptionsAttributeValidator>();
        services.AddSingleton<IValidateOptions<PostgresStorageOptions>, PostgresStorageOptionsValidator>();
        services.AddSingleton<PostgresCalls>();
        services.AddHostedService<PostgresMigration>();
        services.AddSingleton<IStoreProbe, PostgresProbe>();

        // The database, and what other gateways do to it, goes by the machine's clock.
        services.AddSingleton(static provider => new PostgresHeads(
            provider.GetRequiredService<PostgresCalls>(), TimeProvider.System, provider.GetRequiredService<ILogger<PostgresHeads>>()));
        services.AddHostedService<PostgresListener>();
        services.AddSingleton<PostgresRoomMessages>();
        services.AddHostedService(static provider => provider.GetRequiredService<PostgresRoomMessages>());
        services.AddSingleton<IRoomMessages>(static provider => provider.GetRequiredService<PostgresRoomMessages>());
        services.AddSingleton<IPendingActions>(static provider => provider.GetRequiredService<PostgresRoomMessages>());
        services.AddSingleton<INodeTable, PostgresNodes>();
        services.AddSingleton<IAgentLeases, PostgresAgentLeases>();
        services.AddSingleton<IClientCounts>(static provider => new PostgresClientCounts(
            provider.GetRequiredService<PostgresCalls>(), provider.GetRequiredService<PostgresHeads>(), TimeProvider.System,
            provider.GetRequiredService<ILogger<PostgresClientCounts>>()));
        services.AddSingleton<IConversationCatalogue, PostgresCatalogue>();
        services.AddSingleton<IEventLogStore, PostgresEventLogStore>();
        services.AddSingleton<IJournalStore, PostgresJournalStore>();
        services.AddSingleton<IUserDocuments, PostgresUserDocuments>();
        return services;
    }
}
