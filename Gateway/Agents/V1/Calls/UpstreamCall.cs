using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Calls;

/// <summary>One POST to the agent-server. Immutable.</summary>
/// <param name="Path">Relative to the server's base address.</param>
/// <param name="Fallback">For a server that does not have <paramref name="Path"/> (404).</param>
/// <param name="AcceptsConflict">409 means that it is so already.</param>
internal sealed record UpstreamCall(string Path, JObject? Body = null, string? Fallback = null, bool AcceptsConflict = false);
