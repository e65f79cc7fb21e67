using Gateway.Agents.Canary;
using Gateway.Conversations;
using Gateway.EngineIO;

using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Agents.V0;

/// <summary>Registers the V0 server that has the old conversations.</summary>
internal static class V0ServiceCollectionExtensions
{
    public static IServiceCollection AddV0Server(this IServiceCollection services)
    {
        services.AddHttpForwarder();
        services.TryAddSingleton<CanaryMetrics>();
        services.AddSingleton<V0Server>();
        services.AddSingleton<IConversationsElsewhere>(static provider => provider.GetRequiredService<V0Server>());
        services.AddSingleton<IBackendHealth>(static provider => provider.GetRequiredService<V0Server>());
        services.AddSingleton<ISessionsBehind, V0Sockets>();
        services.AddHostedService<V0Look>();
        return services.AddSingleton<IAgentBackendFactory, ElsewhereAgent>();
    }

    /// <summary>Refuses what this gateway has passed on to its V0 server and what comes back from there. Before all that answers.</summary>
    public static IApplicationBuilder UseV0Server(this IApplicationBuilder app) =>
        app.ApplicationServices.GetService<V0Server>() is { } server
            ? app.Use((context, next) => server.IsInCircle(context.Request) ? server.RefuseCircleAsync(context) : next(context))
            : app;
}

/// <summary>Looks, at the start, whether the V0 server is there. The host starts and stops it.</summary>
internal sealed class V0Look(V0Server server) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await server.LookAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
    }
}
