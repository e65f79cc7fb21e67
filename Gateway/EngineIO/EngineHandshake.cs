using System.Net;

using Microsoft.AspNetCore.Http;

namespace Gateway.EngineIO;

/// <summary>
/// The request that opened a session, kept for the layers above. Holds secrets (keys, cookies): never log it. Immutable.
/// </summary>
/// <param name="query">Decoded query parameters, Engine.IO's own included. A parameter may repeat.</param>
/// <param name="headers">The request headers that the endpoint was told to keep (<c>EngineOptions.KeptHeaders</c>), by lower-case
/// name.</param>
/// <param name="remoteAddress">The peer, or null when the listener has none (a Unix socket).</param>
internal sealed class EngineHandshake(QueryText query, IReadOnlyDictionary<string, string> headers, IPAddress? remoteAddress)
{
    /// <param name="queryString">The query as it came, with its question mark; empty when there was none.</param>
    /// <param name="headers">As above.</param>
    /// <param name="remoteAddress">As above.</param>
    public EngineHandshake(string queryString, IReadOnlyDictionary<string, string> headers, IPAddress? remoteAddress)
        : this(QueryText.From(queryString), headers, remoteAddress)
    {
    }

    public IQueryCollection Query { get; } = query;

    public IReadOnlyDictionary<string, string> Headers { get; } = headers;

    public IPAddress? RemoteAddress { get; } = remoteAddress;

    /// <summary>The path that the request asked for.</summary>
    public string Path { get; init; } = "/";

    /// <summary>Whether the request came by TLS, as far as the server or a proxy that it believes says so.</summary>
    public bool IsHttps { get; init; }
}
