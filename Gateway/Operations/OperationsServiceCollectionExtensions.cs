using Gateway.Operations.Health;

using Microsoft.Extensions.Options;

namespace Gateway.Operations;

/// <summary>Registers what keeps a process in order: how it stops, and that it gives memory back.</summary>
internal static class OperationsServiceCollectionExtensions
{
    public static IServiceCollection AddOperations(this IServiceCollection services)
    {
        services.AddOptions<OperationsOptions>().BindConfiguration(OperationsOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<OperationsOptions>, OperationsOptionsValidator>();
        services.AddHealth();
        services.AddHostedService<IdleMemory>();
        StopLimitedServer.Decorate(services);
        return services.AddHostedService<StopSequence>();
    }
}
