using System.Collections.Immutable;

namespace Gateway.EngineIO.Admission;

/// <summary>The mapped endpoints, in the order in which they were mapped. One instance for the process; any thread.</summary>
internal sealed class EndpointMap
{
    private ImmutableArray<EngineEndpoint> _endpoints = [];

    public void Add(EngineEndpoint endpoint) => ImmutableInterlocked.Update(ref _endpoints, static (all, one) => all.Add(one), endpoint);

    /// <summary>The endpoint that serves a path, or null.</summary>
    public EngineEndpoint? Find(PathString path)
    {
        foreach (var endpoint in _endpoints)
        {
            if (endpoint.Matches(path))
            {
                return endpoint;
            }
        }

        return null;
    }
}
