using System.Net;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.EngineIO;

/// <summary>
/// The request that opened a session, kept for the layers above. Holds secrets (keys, cookies): never log it. Immutable.
/// </summary>
/// <param name="QueryString">The query as it came, with its question mark; empty when there was none.</param>
/// <param name="Headers">The request headers that the endpoint was told to keep (<c>EngineOptions.KeptHeaders</c>), by lower-case name.</param>
/// <param name="RemoteAddress">The peer, or null when the listener has none (a Unix socket).</param>
internal sealed record EngineHandshake(string QueryString, IReadOnlyDictionary<string, string> Headers, IPAddress? RemoteAddress)
{
    /// <summary>
    /// Decoded query parameters, Engine.IO's own included. A parameter may repeat. Made anew each time: parsed, a query takes ten times the
    /// memory of its text, for as long as the session lives.
    /// </summary>
    public IQueryCollection Query => new QueryCollection(QueryHelpers.ParseQuery(QueryString));
}
