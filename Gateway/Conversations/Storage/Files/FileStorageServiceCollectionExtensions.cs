using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Storage.Files;

/// <summary>Registers the stores that stand in files, and the threads that wait for files.</summary>
internal static class FileStorageServiceCollectionExtensions
{
    /// <summary>Where files are waited for: the store's, if it stands in files, and a workspace's.</summary>
    public static IServiceCollection AddStorageThreads(this IServiceCollection services)
    {
        services.AddOptions<FileStorageOptions>().BindConfiguration(FileStorageOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<FileStorageOptions>, FileStorageOptionsAttributeValidator>();
        services.AddSingleton<IValidateOptions<FileStorageOptions>, FileStorageOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);

        // The disk, and what other processes do to it, goes by the machine's clock.
        services.AddSingleton(static provider => new StorageThreads(
            provider.GetRequiredService<IOptions<FileStorageOptions>>(),
            TimeProvider.System,
            provider.GetRequiredService<ILogger<StorageThreads>>()));
        return services;
    }

    public static IServiceCollection AddFileStorage(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<FileStorageOptions>, FileStorageRootValidator>();
        services.AddSingleton(static provider => new LogWatcher(
            provider.GetRequiredService<IOptions<FileStorageOptions>>(),
            provider.GetRequiredService<StorageThreads>(),
            TimeProvider.System,
            provider.GetRequiredService<ILogger<LogWatcher>>()));
        services.AddSingleton<IConversationCatalogue>(static provider => new FileCatalogue(
            provider.GetRequiredService<IOptions<FileStorageOptions>>(),
            provider.GetRequiredService<StorageThreads>(),
            TimeProvider.System));
        services.AddSingleton(static provider => new FileClaims(
            provider.GetRequiredService<IOptions<FileStorageOptions>>(),
            provider.GetRequiredService<StorageThreads>(),
            TimeProvider.System,
            provider.GetRequiredService<ILogger<FileClaims>>()));
        services.AddSingleton<IStoreProbe, FileStoreProbe>();
        services.AddSingleton<SingleGateway>();
        services.AddSingleton<IRoomMessages>(static provider => provider.GetRequiredService<SingleGateway>());
        services.AddSingleton<IPendingActions>(static provider => provider.GetRequiredService<SingleGateway>());
        services.AddSingleton<IAgentLeases>(static provider => provider.GetRequiredService<SingleGateway>());
        services.AddSingleton<IClientCounts>(static provider => provider.GetRequiredService<SingleGateway>());
        services.AddSingleton<IEventLogStore, FileEventLogStore>();
        services.AddSingleton<IJournalStore, FileJournalStore>();
        services.AddSingleton<IUserDocuments>(static provider => new FileUserDocuments(
            provider.GetRequiredService<IOptions<FileStorageOptions>>(),
            provider.GetRequiredService<StorageThreads>(),
            TimeProvider.System));
        return services;
    }
}
