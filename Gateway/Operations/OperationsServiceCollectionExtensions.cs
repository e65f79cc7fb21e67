using Gateway.EngineIO;

using Microsoft.Extensions.Options;

namespace Gateway.Operations;

/// <summary>Registers what keeps a process in order: how it stops, and that it gives memory back.</summary>
internal static class OperationsServiceCollectionExtensions
{
    public static IServiceCollection AddOperations(this IServiceCollection services)
    {
        services.AddOptions<OperationsOptions>().BindConfiguration(OperationsOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<OperationsOptions>, OperationsOptionsValidator>();
        services.AddHostedService<IdleMemory>();

        // Letting clients go comes before what the host's limit is made for.
        services.AddOptions<HostOptions>().PostConfigure<IOptions<EngineOptions>>(
            static (host, engine) => host.ShutdownTimeout += engine.Value.StopSpread);
        StopLimitedServer.Decorate(services);
        return services.AddHostedService<StopSequence>();
    }
}
