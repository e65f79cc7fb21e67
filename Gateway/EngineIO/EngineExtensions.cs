using Gateway.EngineIO.Listening;
using Gateway.EngineIO.Sessions;
using Gateway.EngineIO.Transports;

using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.EngineIO;

/// <summary>How a host takes Engine.IO in. Stateless.</summary>
internal static class EngineExtensions
{
    /// <summary>Settings (section <see cref="EngineOptions.Section"/>, checked at start), registry and metrics.</summary>
    public static IServiceCollection AddEngineIO(this IServiceCollection services)
    {
        services.AddOptions<EngineOptions>().BindConfiguration(EngineOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EngineOptions>, EngineOptionsAttributeValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EngineOptions>, EngineOptionsValidator>());
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<EngineMetrics>();
        services.TryAddSingleton<SessionRegistry>();
        services.TryAddSingleton<EngineServices>();
        services.TryAddSingleton<EndpointMap>();

        // The last one that can bind an address is asked first.
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionListenerFactory, EngineListenerFactory>());
        return services;
    }

    /// <summary>
    /// Serves <paramref name="application"/> at every path that ends with <paramref name="path"/> (as <c>/socket.io</c>). May be called several
    /// times, with different paths and applications. For the root of the pipeline: a WebSocket that comes without TLS is served before
    /// the pipeline, so middleware does not see it.
    /// </summary>
    public static IApplicationBuilder MapEngineIO(this IApplicationBuilder app, string path, IEngineApplication application)
    {
        var services = app.ApplicationServices.GetRequiredService<EngineServices>();
        var lifetime = app.ApplicationServices.GetRequiredService<IHostApplicationLifetime>();
        var endpoint = new EngineEndpoint(services, path, application);
        app.ApplicationServices.GetRequiredService<EndpointMap>().Add(endpoint);

        // The crypto library, some megabytes, is loaded with its first use: not while a client waits.
        _ = SessionId.Create();

        // Open requests keep the server from stopping: end the sessions, and their requests end.
        lifetime.ApplicationStopping.Register(() => _ = services.Registry.StopAsync());
        return app.Use(next => context => endpoint.Matches(context.Request.Path) ? endpoint.HandleAsync(context) : next(context));
    }
}
