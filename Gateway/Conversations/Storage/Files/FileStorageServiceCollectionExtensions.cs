using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Storage.Files;

/// <summary>Registers the file store, the only one there is so far, and its settings.</summary>
internal static class FileStorageServiceCollectionExtensions
{
    public static IServiceCollection AddConversationStorage(this IServiceCollection services)
    {
        services.AddOptions<FileStorageOptions>().BindConfiguration(FileStorageOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<FileStorageOptions>, FileStorageOptionsAttributeValidator>();
        services.AddSingleton<IValidateOptions<FileStorageOptions>, FileStorageOptionsValidator>();
        services.AddSingleton<IValidateOptions<FileStorageOptions>, FileStorageRootValidator>();
        services.TryAddSingleton(TimeProvider.System);
        // The disk, and what other processes do to it, goes by the machine's clock.
        services.AddSingleton(static provider => new StorageThreads(
            provider.GetRequiredService<IOptions<FileStorageOptions>>(),
            TimeProvider.System,
            provider.GetRequiredService<ILogger<StorageThreads>>()));
        services.AddSingleton(static provider => new LogWatcher(
            provider.GetRequiredService<IOptions<FileStorageOptions>>(),
            provider.GetRequiredService<StorageThreads>(),
            TimeProvider.System,
            provider.GetRequiredService<ILogger<LogWatcher>>()));
        services.AddSingleton<IConversationCatalogue>(static provider => new FileCatalogue(
            provider.GetRequiredService<IOptions<FileStorageOptions>>(),
            provider.GetRequiredService<StorageThreads>(),
            TimeProvider.System));
        services.AddSingleton<IEventLogStore, FileEventLogStore>();
        services.AddSingleton<IJournalStore, FileJournalStore>();
        services.AddSingleton<IUserDocuments>(static provider => new FileUserDocuments(
            provider.GetRequiredService<IOptions<FileStorageOptions>>(),
            provider.GetRequiredService<StorageThreads>(),
            TimeProvider.System));
        return services;
    }
}
