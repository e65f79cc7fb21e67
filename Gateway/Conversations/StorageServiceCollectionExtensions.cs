using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Conversations.Storage.Postgres;

namespace Gateway.Conversations;

/// <summary>Registers the store that the settings name.</summary>
internal static class StorageServiceCollectionExtensions
{
    public static IServiceCollection AddConversationStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section);
        services.AddStorageThreads();
        _ = StorageOptions.KindOf(configuration) == StorageKind.Postgres ? services.AddPostgresStorage() : services.AddFileStorage();

        // By the machine's clock, as the store. Behind what makes the store ready.
        services.AddSingleton(static provider => new StoreHealth(provider.GetRequiredService<IStoreProbe>(), TimeProvider.System));
        services.AddHostedService<StoreGauges>();
        return services.AddHostedService(static provider => provider.GetRequiredService<StoreHealth>());
    }
}
