using System.Diagnostics.Metrics;

using Gateway.EngineIO.Sessions;
using Gateway.Operations.Operators;
using Gateway.SocketIO.Namespaces;

using Microsoft.Extensions.Options;

namespace Gateway.Operations.AdminUi;

/// <summary>Registers the Socket.IO Admin UI's namespace, where the settings ask for it. Stateless.</summary>
internal static class AdminUiServiceCollectionExtensions
{
    private static readonly string[] s_counters =
    [
        CounterTotals.SessionsOpened, CounterTotals.SessionsClosed, CounterTotals.PacketsIn, CounterTotals.PacketsOut,
        CounterTotals.BytesIn, CounterTotals.BytesOut,
    ];

    public static IServiceCollection AddAdminUi(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AdminUiOptions>().BindConfiguration(AdminUiOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AdminUiOptions>, AdminUiOptionsAttributeValidator>();
        services.AddSingleton<IValidateOptions<AdminUiOptions>, AdminUiOptionsValidator>();
        if (string.IsNullOrEmpty(configuration[$"{AdminUiOptions.Section}:{nameof(AdminUiOptions.Username)}"]))
        {
            return services;
        }

        services.AddSingleton(static provider => provider.GetRequiredService<IOptions<AdminUiOptions>>().Value);
        services.AddSingleton(static provider =>
        {
            var options = provider.GetRequiredService<AdminUiOptions>();
            return new AdminPassword(options.Username, options.PasswordHash);
        });
        services.AddSingleton<AdminSessions>();
        services.AddSingleton<AdminSockets>();
        services.AddSingleton<AdminNamespace>();
        services.AddSingleton(static provider => new AdminStats(
            provider.GetRequiredService<AdminNamespace>(),
            provider.GetRequiredService<AdminSockets>(),
            provider.GetRequiredService<SessionRegistry>(),
            provider.GetRequiredService<Snapshots>(),
            new CounterTotals(provider.GetRequiredService<IMeterFactory>(), s_counters),
            provider.GetRequiredService<AdminUiOptions>(),
            provider.GetRequiredService<TimeProvider>()));
        return services.AddHostedService(static provider => provider.GetRequiredService<AdminStats>());
    }

    /// <summary>Adds the namespace to the server, where it is registered. To be called before the first session opens.</summary>
    public static void MapAdminUi(this SocketServer sockets, IServiceProvider services)
    {
        if (services.GetService<AdminNamespace>() is { } pages)
        {
            sockets.Of(AdminNamespace.Name, pages);
        }
    }
}
