using Gateway.Conversations;
using Gateway.Conversations.Storage;

namespace Gateway.Operations.Operators;

/// <summary>What the gateway leans on, as it does at one moment. Immutable.</summary>
internal readonly record struct DependencyStates(StoreView Store, AgentView Agent, IReadOnlyList<NodeView> Nodes);

/// <summary>Asks how the store, the agent's server and the other gateways do, each within its own limit. Any thread.</summary>
internal sealed class Dependencies(
    StoreHealth store, IConfiguration configuration, IAgentBackendFactory backends, IEnumerable<IBackendHealth> health, NodeList nodes)
{
    private readonly string _storeKind = StorageOptions.KindOf(configuration).ToString();

    public async ValueTask<DependencyStates> ReadAsync(CancellationToken cancellationToken)
    {
        var trouble = store.Trouble;
        return new DependencyStates(
            new StoreView(_storeKind, trouble?.Problem, trouble?.Since),
            new AgentView(backends.Version, await FindProblemAsync(cancellationToken)),
            await nodes.ReadAsync(cancellationToken));
    }

    private async ValueTask<string?> FindProblemAsync(CancellationToken cancellationToken)
    {
        foreach (var backend in health)
        {
            if (await backend.FindProblemAsync(cancellationToken) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }
}
