using System.Net;
using System.Text;

using Microsoft.AspNetCore.Http;

namespace Gateway.EngineIO;

/// <summary>
/// The request that opened a session, kept for the layers above. Holds secrets (keys, cookies): never log it. Immutable.
/// </summary>
/// <param name="queryString">The query as it came, with its question mark; empty when there was none.</param>
/// <param name="headers">The request headers that the endpoint was told to keep (<c>EngineOptions.KeptHeaders</c>), by lower-case name.</param>
/// <param name="remoteAddress">The peer, or null when the listener has none (a Unix socket).</param>
internal sealed class EngineHandshake(string queryString, IReadOnlyDictionary<string, string> headers, IPAddress? remoteAddress)
{
    // Half the size of the text.
    private readonly byte[] _query = Encoding.UTF8.GetBytes(queryString);

    /// <summary>Decoded query parameters, Engine.IO's own included. A parameter may repeat. Made for who asks: nobody should keep it.</summary>
    public IQueryCollection Query => new QueryText(Encoding.UTF8.GetString(_query));

    public IReadOnlyDictionary<string, string> Headers { get; } = headers;

    public IPAddress? RemoteAddress { get; } = remoteAddress;
}
