using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.EngineIO.Sessions;

using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Gateway.Operations.Health;

/// <summary>A process that stops takes no new clients. Any thread.</summary>
internal sealed class ProcessCheck(SessionRegistry connections) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) => Task.FromResult(
        connections.IsAdmitting ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("the process stops"));
}

/// <summary>A store that has not worked for some time: clients are better off elsewhere. Reads what is known already. Any thread.</summary>
internal sealed class StoreCheck(StoreHealth store, IOptions<OperationsOptions> options) : IHealthCheck
{
    public const string Since = "since";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) => Task.FromResult(
        store.Trouble is { } trouble && trouble.Lasts >= options.Value.NotReadyAfter
            ? HealthCheckResult.Unhealthy(trouble.Problem, data: new Dictionary<string, object> { [Since] = trouble.Since })
            : HealthCheckResult.Healthy());
}

/// <summary>
/// Without its agent's server the gateway still shows every conversation, so it is degraded and not dead. Any thread.
/// </summary>
internal sealed class AgentCheck(IEnumerable<IBackendHealth> backends) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        foreach (var backend in backends)
        {
            if (await backend.FindProblemAsync(cancellationToken) is { } problem)
            {
                return HealthCheckResult.Degraded(problem);
            }
        }

        return HealthCheckResult.Healthy();
    }
}
