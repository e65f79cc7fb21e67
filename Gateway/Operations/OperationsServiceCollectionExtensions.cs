using System.Globalization;

using Gateway.EngineIO;
using Gateway.Operations.Health;

using Microsoft.Extensions.Options;

namespace Gateway.Operations;

/// <summary>Registers what keeps a process in order: how it stops, and that it gives memory back.</summary>
internal static class OperationsServiceCollectionExtensions
{
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
            if (TimeSpan.TryParse(
                configuration[$"{EngineOptions.Section}:{nameof(EngineOptions.StopSpread)}"], CultureInfo.InvariantCulture, out var spread))
            {
                host.ShutdownTimeout += spread;
            }
        });
        StopLimitedServer.Decorate(services);
        return services.AddHostedService<StopSequence>();
    }
}
