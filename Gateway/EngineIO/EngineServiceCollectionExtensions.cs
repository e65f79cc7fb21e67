using Gateway.EngineIO.Admission;
using Gateway.EngineIO.Kestrel;
using Gateway.EngineIO.Sessions;

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.EngineIO;

/// <summary>How a host takes Engine.IO in. Stateless.</summary>
internal static class EngineServiceCollectionExtensions
{
    /// <summary>Settings (section <see cref="EngineOptions.Section"/>, checked at start), registry and metrics.</summary>
    public static IServiceCollection AddEngineIO(this IServiceCollection services)
    {
        services.AddOptions<EngineOptions>().BindConfiguration(EngineOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EngineOptions>, EngineOptionsAttributeValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EngineOptions>, EngineOptionsValidator>());
        services.AddMetrics();
        services.AddResponseCompression();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<EngineMetrics>();
        services.TryAddSingleton<SessionRegistry>();
        services.TryAddSingleton<InboundBudget>();
        services.TryAddSingleton<AddressLimits>();
        services.TryAddSingleton<ISessionPeers, NoPeers>();
        services.TryAddSingleton<EngineContext>();
        services.TryAddSingleton<EndpointMap>();

        services.TryAddSingleton<HostingRules>();
        services.TryAddSingleton<ConnectionDispatcher>();
        services.TryAddSingleton<DescriptorGuard>();
        services.TryAddSingleton<ListenSockets>();
        services.TryAddSingleton(static provider => new RequestHead(
            [
                .. provider.GetRequiredService<EngineContext>().Options.HandshakeHeaders,
                .. provider.GetRequiredService<HostingRules>().HeaderNames,
                .. provider.GetRequiredService<ISessionPeers>().HeaderNames,
            ]));
        services.TryAddSingleton(static provider => new HeadDeadline(
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping));

        // The last one that can bind an address is asked first.
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionListenerFactory, EngineListenerFactory>());

        services.TryAddSingleton<SecureAddresses>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, SecureAddresses>(
            static provider => provider.GetRequiredService<SecureAddresses>()));
        // First, because an address gets the defaults of the moment in which it is added. A host with defaults of its own calls
        // UseEngineIO in them.
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<KestrelServerOptions>>(
            static provider => new ConfigureOptions<KestrelServerOptions>(kestrel => kestrel.ConfigureEndpointDefaults(listen =>
            {
                provider.GetRequiredService<SecureAddresses>().AddTls(listen);
                listen.UseEngineIO();
            }))));
        return services;
    }

    /// <summary>
    /// Serves <paramref name="application"/> at every path that ends with <paramref name="path"/> (as <c>/socket.io</c>). May be called
    /// several times, with different paths and applications. For the root of the pipeline: a WebSocket is served before the pipeline, so a
    /// middleware of the host's own does not see it (<see cref="HostingRules"/> says what holds for it all the same). Open requests keep
    /// the server from stopping: the host ends the sessions first, by
    /// <see cref="SessionRegistry.StopReceivingAsync"/> and <see cref="SessionRegistry.CloseAll"/>.
    /// </summary>
    public static IApplicationBuilder MapEngineIO(this IApplicationBuilder app, string path, IEngineApplication application)
    {
        var services = app.ApplicationServices.GetRequiredService<EngineContext>();
        var endpoint = new EngineEndpoint(services, path, application);
        app.ApplicationServices.GetRequiredService<EndpointMap>().Add(endpoint);

        // The crypto library, some megabytes, is loaded with its first use: not while a client waits.
        _ = services.Peers.CreateSid();
        return app.Use(next => context => endpoint.Matches(context.Request.Path) ? endpoint.HandleAsync(context) : next(context));
    }

    /// <summary>
    /// For a host of these layers alone: when it stops, its sessions hear nothing more and are told to end, once <paramref name="handled"/>
    /// has completed. Open requests would keep the server from stopping.
    /// </summary>
    public static IApplicationBuilder EndSessionsWithHost(this IApplicationBuilder app, Func<Task> handled)
    {
        var registry = app.ApplicationServices.GetRequiredService<SessionRegistry>();
        app.ApplicationServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => _ = EndAsync());
        return app;

        async Task EndAsync()
        {
            await registry.StopReceivingAsync();
            await handled();
            registry.CloseAll();
        }
    }
}
