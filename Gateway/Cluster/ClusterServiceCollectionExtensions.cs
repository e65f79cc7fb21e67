using Gateway.EngineIO;

using Microsoft.Extensions.Options;

namespace Gateway.Cluster;

/// <summary>Registers the handing on of polling requests, where the settings ask for it. Stateless.</summary>
internal static class ClusterServiceCollectionExtensions
{
    /// <summary>To be called after the store, whose tables it uses from the start.</summary>
    public static IServiceCollection AddCluster(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ClusterOptions>().BindConfiguration(ClusterOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ClusterOptions>, ClusterOptionsValidator>();
        if (!ClusterOptions.IsOnIn(configuration))
        {
            return services;
        }

        services.AddHttpForwarder();
        services.AddSingleton<ClusterKeys>();
        services.AddSingleton<ClusterNodes>();
        services.AddHostedService(static provider => provider.GetRequiredService<ClusterNodes>());
        return services.AddSingleton<ISessionPeers, ClusterPeers>();
    }
}
