using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Calls;

/// <summary>One POST to the agent-server. Immutable.</summary>
/// <param name="Path">Relative to the server's base address.</param>
/// <param name="Fallback">For a server that does not have <paramref name="Path"/> (404).</param>
/// <param name="AcceptsConflict">409 means that it is so already.</param>
internal sealed record UpstreamCall(string Path, JObject? Body = null, string? Fallback = null, bool AcceptsConflict = false);

/// <summary>What a V0 action asks of V1: calls in order, and who stores the action when they are done; or why it cannot be done.</summary>
internal sealed record MappedAction(IReadOnlyList<UpstreamCall> Calls, bool StoredBySession, string? Refusal = null, bool IsStop = false)
{
    public static MappedAction Refused(string message) => new([], false, message);
}
