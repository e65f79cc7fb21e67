using Gateway.HttpApi.Conversations;

using Microsoft.Extensions.Options;

namespace Gateway.HttpApi.Git;

/// <summary>Registers what asks git providers. Stateless.</summary>
internal static class GitServiceCollectionExtensions
{
    public static IServiceCollection AddGit(this IServiceCollection services)
    {
        services.AddOptions<GitHubOptions>().BindConfiguration(GitHubOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<GitHubOptions>, GitHubOptionsValidator>();
        services.AddSingleton(static provider => provider.GetRequiredService<IOptions<GitHubOptions>>().Value);
        services.AddSingleton<GitHubConnections>();
        services.AddSingleton<UserGit>();
        services.AddSingleton<RepositoryAccess>();
        return services.AddSingleton<IRepositoryAccess>(static provider => provider.GetRequiredService<RepositoryAccess>());
    }
}
