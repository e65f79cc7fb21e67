namespace Gateway.Operations.Health;

/// <summary>Registers what says whether the process is well.</summary>
internal static class HealthServiceCollectionExtensions
{
    // It writes an error for each question that is answered with "no"; what is wrong is said once, by who finds it.
    private const string Category = "Microsoft.Extensions.Diagnostics.HealthChecks";

    public static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddLogging(static logging => logging.AddFilter(Category, LogLevel.None));
        services.AddHealthChecks()
            .AddCheck<ProcessCheck>("process")
            .AddCheck<StoreCheck>("store")
            .AddCheck<AgentCheck>("agent");
        return services;
    }
}
