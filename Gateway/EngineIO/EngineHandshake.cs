using System.Net;

using Microsoft.AspNetCore.Http;

namespace Gateway.EngineIO;

/// <summary>
/// The request that opened a session, kept for the layers above. Holds secrets (keys, cookies): never log it. Immutable.
/// </summary>
/// <param name="Query">Decoded query parameters, Engine.IO's own included. A parameter may repeat.</param>
/// <param name="Headers">The request headers that the endpoint was told to keep (<c>EngineOptions.KeptHeaders</c>), by lower-case name.</param>
/// <param name="RemoteAddress">The peer, or null when the listener has none (a Unix socket).</param>
internal sealed record EngineHandshake(IQueryCollection Query, IReadOnlyDictionary<string, string> Headers, IPAddress? RemoteAddress);
