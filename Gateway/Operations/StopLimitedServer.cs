using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Operations;

/// <summary>
/// The web server, with a limit of its own for its part of a stop. It waits for open requests, and the host would let it wait for 30 s:
/// one client that has sent half of a request would hold the process for longer than supervisors give it (Docker: 10 s). By then all is
/// stored and all sessions have ended (<see cref="StopSequence"/>). The host owns it and calls every member.
/// </summary>
internal sealed class StopLimitedServer(IServer server, TimeProvider timeProvider) : IServer
{
    // With the limits of the steps before it below the host's own.
    private static readonly TimeSpan s_requestsLimit = TimeSpan.FromSeconds(7);

    public IFeatureCollection Features => server.Features;

    /// <summary>Puts the limit around the server that is registered.</summary>
    public static void Decorate(IServiceCollection services)
    {
        var registered = services.Last(static service => service.ServiceType == typeof(IServer));
        services.Replace(ServiceDescriptor.Singleton<IServer>(provider => new StopLimitedServer(
            Create(registered, provider), provider.GetRequiredService<TimeProvider>())));
    }

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull => server.StartAsync(application, cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(s_requestsLimit, timeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        await server.StopAsync(stop.Token);
    }

    public void Dispose() => server.Dispose();

    private static IServer Create(ServiceDescriptor registered, IServiceProvider provider) => (IServer)(
        registered.ImplementationInstance
        ?? registered.ImplementationFactory?.Invoke(provider)
        ?? ActivatorUtilities.CreateInstance(provider, registered.ImplementationType ?? registered.ServiceType));
}
