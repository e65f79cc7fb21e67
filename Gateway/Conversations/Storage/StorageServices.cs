using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Storage;

/// <summary>Registers the conversation store and its settings.</summary>
internal static class StorageServices
{
    public static IServiceCollection AddConversationStorage(this IServiceCollection services)
    {
        services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<StorageOptions>, StorageOptionsAttributeValidator>();
        services.AddSingleton<IValidateOptions<StorageOptions>, StorageRootValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IConversationStore, FileConversationStore>();
        services.AddSingleton<ISideFiles, SideFiles>();
        return services;
    }
}
