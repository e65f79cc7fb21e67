using Gateway.Conversations.Storage.Files;

using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Workspaces.Local;

/// <summary>Registers the workspaces: the folder of this machine, if the settings name one, for agents that bring none.</summary>
internal static class LocalWorkspaceServiceCollectionExtensions
{
    public static IServiceCollection AddWorkspaces(this IServiceCollection services)
    {
        services.AddOptions<WorkspaceOptions>().BindConfiguration(WorkspaceOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<WorkspaceOptions>, WorkspaceOptionsAttributeValidator>();
        services.AddSingleton<IValidateOptions<WorkspaceOptions>>(
            static provider => new WorkspaceRootValidator(StoreRoot(provider)));
        services.AddSingleton(static provider => provider.GetRequiredService<IOptions<WorkspaceOptions>>().Value);
        services.AddSingleton<GitProgram>();
        services.AddSingleton(Create);
        services.AddSingleton<ConversationWorkspaces>();
        return services;
    }

    private static IWorkspace Create(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<WorkspaceOptions>();
        return options.ExpandedRoot() is { } root
            ? new LocalWorkspace(
                options,
                new WorkspaceTree(root, options.MountPath),
                provider.GetRequiredService<GitProgram>(),
                new WorkspaceCalls(provider.GetRequiredService<StorageThreads>()))
            : NoWorkspace.Instance;
    }

    /// <summary>Null when the store's own settings are wrong: that is said for itself.</summary>
    private static string? StoreRoot(IServiceProvider provider)
    {
        try
        {
            return provider.GetRequiredService<IOptions<FileStorageOptions>>().Value.ExpandedRoot();
        }
        catch (Exception exception) when (exception is OptionsValidationException or InvalidOperationException)
        {
            return null;
        }
    }
}
