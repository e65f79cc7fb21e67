using System.Globalization;

using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.EngineIO;
using Gateway.Operations.Health;

using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.Operations;

/// <summary>Registers what keeps a process in order: how it stops, and that it gives memory back.</summary>
internal static class OperationsServiceCollectionExtensions
{
    private static readonly string[] s_timesBeforeTheStop = [nameof(EngineOptions.StopSpread), nameof(EngineOptions.HandOverTime)];

    public static IServiceCollection AddOperations(this IServiceCollection services)
    {
        services.AddOptions<OperationsOptions>().BindConfiguration(OperationsOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<OperationsOptions>, OperationsOptionsAttributeValidator>();
        services.AddSingleton<IValidateOptions<OperationsOptions>, OperationsOptionsValidator>();
        services.AddSingleton<OperatorAccess>();
        services.AddHealth();
        services.AddHostedService<IdleMemory>();

        // Letting clients go comes before what the host's limit is made for. It is read with the host's own settings, before all are
        // checked; a text that is no value is reported then.
        services.AddOptions<HostOptions>().PostConfigure<IConfiguration>(static (host, configuration) =>
        {
            foreach (var setting in s_timesBeforeTheStop)
            {
                if (TimeSpan.TryParse(configuration[$"{EngineOptions.Section}:{setting}"], CultureInfo.InvariantCulture, out var time))
                {
                    host.ShutdownTimeout += time;
                }
            }
        });
        services.AddSingleton<HandOver>();

        // A database has none: there the agents' leases do the same.
        services.Replace(ServiceDescriptor.Singleton<IConversationClaims>(static provider =>
            provider.GetRequiredService<IOptions<EngineOptions>>().Value.HandsOver && provider.GetService<FileClaims>() is { } claims
                ? claims
                : new NoClaims()));
        StopLimitedServer.Decorate(services);
        return services.AddHostedService<StopSequence>();
    }

    /// <summary>
    /// While this process hands over, whoever asks by a connection that is kept is told to make a new one: the next process has that.
    /// Behind the sockets' own routes, whose clients are let go in their turn.
    /// </summary>
    public static IApplicationBuilder UseHandOver(this IApplicationBuilder app)
    {
        var handOver = app.ApplicationServices.GetRequiredService<HandOver>();
        return app.Use((context, next) =>
        {
            if (handOver.HasSuccessor)
            {
                context.Response.Headers.Connection = "close";
            }

            return next(context);
        });
    }
}
