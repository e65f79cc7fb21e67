using Microsoft.Extensions.Options;

namespace Gateway.Agents.V1.Upstream;

/// <summary>Makes each conversation's connection. Thread-safe; one for the process.</summary>
internal sealed class UpstreamConnections(
    IEndpointLookup lookup, V1RestClient rest, ConversationTemplate template, IOptions<V1Options> options, V1Context services)
{
    /// <summary>By which users' actions go to the server.</summary>
    public V1RestClient Rest => rest;

    public UpstreamConnection Create(Guid conversation) => new(conversation, lookup, rest, template, options, services);
}
