using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.SocketIO.Namespaces;

/// <summary>Registers the Socket.IO layer.</summary>
internal static class SocketIOServices
{
    /// <summary>Adds <see cref="SocketServer"/>, its settings (section <c>SocketIO</c>) and its metrics.</summary>
    public static IServiceCollection AddSocketIO(this IServiceCollection services)
    {
        services.AddOptions<SocketIOOptions>().BindConfiguration(SocketIOOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<SocketIOOptions>, SocketIOOptionsValidator>();
        services.AddMetrics();
        services.AddSingleton<SocketMetrics>();
        services.AddSingleton<SocketServer>();
        services.AddHostedService<SocketDrain>();
        services.TryAddSingleton(TimeProvider.System);
        return services;
    }
}
