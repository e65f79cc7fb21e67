using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>Stored V0 events as JSON trees: for the few that the bridge has to look into. Stateless.</summary>
internal static class V0Events
{
    public static JObject? Parse(in StoredEvent stored) => JsonTree.TryReadObject(stored.Json.Span, out var json) ? json : null;

    public static async ValueTask<JObject?> ReadAsync(IEventLog log, int id, CancellationToken cancellationToken)
    {
        using var page = await log.ReadAsync(id, id, cancellationToken);
        return page.Events.Count > 0 ? Parse(page.Events[0]) : null;
    }
}
