using Gateway.Access;

using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Agents.V1.Proxy;

/// <summary>How a host passes V1's routes through. Stateless.</summary>
internal static partial class V1ProxyServiceCollectionExtensions
{
    /// <summary>Registers it where the settings ask for it (<c>V1:Proxy</c>), whoever answers in conversations.</summary>
    public static IServiceCollection AddV1Proxy(this IServiceCollection services, IConfiguration configuration)
    {
        // A text that is no value is reported by the check of all settings.
        if (!bool.TryParse(configuration[$"{V1Options.Section}:{nameof(V1Options.Proxy)}"], out var isOn) || !isOn)
        {
            return services;
        }

        services.AddV1Options();
        services.AddHttpForwarder();
        services.TryAddSingleton<V1Metrics>();
        services.AddSingleton<KnownV0Routes>();
        services.AddSingleton<ProxyRoutes>();
        services.AddSingleton<ProxyTarget>();
        services.AddSingleton<ProxyAccess>();
        return services.AddSingleton<V1Forwarder>();
    }

    /// <summary>
    /// Takes V1's requests out of the pipeline. To be called before V0's REST and behind what finds out whom a request comes from. Does
    /// nothing where it is not registered.
    /// </summary>
    public static IApplicationBuilder UseV1Proxy(this IApplicationBuilder app)
    {
        var services = app.ApplicationServices;
        if (services.GetService<ProxyTarget>() is not { } target)
        {
            return app;
        }

        if (target.Server.SessionApiKey is null
            && services.GetRequiredService<AccessOptions>() is { Mode: AccessMode.Open, SessionApiKey.Length: 0 })
        {
            Log.IsOpenToAll(services.GetRequiredService<ILogger<V1Proxy>>());
        }

        return app.UseMiddleware<V1Proxy>();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning,
            "V1:Proxy is on, and neither SESSION_API_KEY nor V1:SessionApiKey is set: whoever reaches this port can run commands at V1.")]
        public static partial void IsOpenToAll(ILogger logger);
    }
}
