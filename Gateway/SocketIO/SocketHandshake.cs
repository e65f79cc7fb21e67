using System.Net;

using Gateway.EngineIO;

using Microsoft.AspNetCore.Http;

namespace Gateway.SocketIO;

/// <summary>The HTTP request under a socket, as the layers above may see it. Holds secrets: never log it.</summary>
internal readonly struct SocketHandshake(EngineHandshake handshake)
{
    public IQueryCollection Query => handshake.Query;

    /// <summary>The kept headers, by lower-case name.</summary>
    public IReadOnlyDictionary<string, string> Headers => handshake.Headers;

    public IPAddress? RemoteAddress => handshake.RemoteAddress;

    public string Path => handshake.Path;

    public bool IsHttps => handshake.IsHttps;
}
