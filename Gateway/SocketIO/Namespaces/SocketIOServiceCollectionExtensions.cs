using Gateway.EngineIO;
using Gateway.EngineIO.Admission;

using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.SocketIO.Namespaces;

/// <summary>Registers the Socket.IO layer.</summary>
internal static class SocketIOServiceCollectionExtensions
{
    /// <summary>Adds <see cref="SocketServer"/>, its settings (section <c>SocketIO</c>) and its metrics.</summary>
    public static IServiceCollection AddSocketIO(this IServiceCollection services)
    {
        services.AddOptions<SocketIOOptions>().BindConfiguration(SocketIOOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<SocketIOOptions>, SocketIOOptionsValidator>();
        services.AddMetrics();
        services.AddSingleton<SocketMetrics>();
        services.TryAddSingleton<InboundBudget>();
        services.AddSingleton<SocketServer>();
        services.TryAddSingleton(TimeProvider.System);
        return services.KeepHandshakeHeaders([UserAgent.Header]);
    }

    /// <summary>
    /// For a layer above that reads headers of the handshake (<see cref="SocketHandshake.Headers"/>): they are kept, whatever the settings
    /// say.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="names">Gives the names in lower case.</param>
    /// <typeparam name="TReader">The service that reads them.</typeparam>
    public static IServiceCollection KeepHandshakeHeaders<TReader>(
        this IServiceCollection services, Func<TReader, IEnumerable<string>> names)
        where TReader : class
    {
        services.AddOptions<EngineOptions>().Configure<TReader>((engine, reader) => Need(engine, names(reader)));
        return services;
    }

    /// <summary>The same for names that are known without asking anybody, in lower case.</summary>
    public static IServiceCollection KeepHandshakeHeaders(this IServiceCollection services, IEnumerable<string> names)
    {
        services.AddOptions<EngineOptions>().Configure(engine => Need(engine, names));
        return services;
    }

    private static void Need(EngineOptions engine, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            engine.NeedHeader(name);
        }
    }
}
