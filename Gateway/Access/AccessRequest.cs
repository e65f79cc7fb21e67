using System.Net;

using Microsoft.AspNetCore.Http;

namespace Gateway.Access;

/// <summary>By which way a request asks. V0 takes its key from other places of a socket's connect than of an HTTP request.</summary>
internal enum AccessChannel
{
    /// <summary>A Socket.IO CONNECT: the query and headers are those of the handshake.</summary>
    Socket,

    /// <summary>An HTTP route.</summary>
    Http,
}

/// <summary>
/// What an access policy may look at, the same for sockets and HTTP. Holds secrets (keys, cookies): never log it. Made for one question;
/// immutable.
/// </summary>
internal sealed record AccessRequest
{
    public required AccessChannel Channel { get; init; }

    /// <summary>The path of the HTTP request, or of the socket's endpoint, decoded.</summary>
    public required string Path { get; init; }

    /// <summary>The HTTP request's method; a socket's is <c>GET</c>.</summary>
    public string Method { get; init; } = HttpMethods.Get;

    /// <summary>Whether the client came by TLS, as far as the server or a proxy that it believes says so.</summary>
    public bool IsHttps { get; init; }

    /// <summary>Decoded parameters. One may repeat.</summary>
    public required IQueryCollection Query { get; init; }

    /// <summary>By lower-case name; at least those of <see cref="IAccessPolicy.HeaderNames"/> that were sent.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>A CONNECT's auth payload, JSON in UTF-8; empty when there was none, and for HTTP.</summary>
    public ReadOnlyMemory<byte> Auth { get; init; }

    /// <summary>The client, or null when the listener has no address for it (a Unix socket).</summary>
    public IPAddress? RemoteAddress { get; init; }

    /// <summary>The conversation that is asked for, as the request names it; null when it names none.</summary>
    public string? ConversationId { get; init; }

    /// <summary>What an HTTP request shows, with the headers that the policy asks for.</summary>
    /// <param name="context">The request.</param>
    /// <param name="policy">Who will decide.</param>
    /// <param name="channel">By which way it asks: a socket's handshake is an HTTP request too.</param>
    /// <param name="conversationId">As <see cref="ConversationId"/>.</param>
    public static AccessRequest Of(HttpContext context, IAccessPolicy policy, AccessChannel channel, string? conversationId)
    {
        var request = context.Request;
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in policy.HeaderNames)
        {
            if (request.Headers.TryGetValue(name, out var values))
            {
                headers[name] = values.ToString();
            }
        }

        return new AccessRequest
        {
            Channel = channel,
            Path = request.PathBase.Value + (request.Path.Value ?? "/"),
            Method = request.Method,
            IsHttps = request.IsHttps,
            Query = request.Query,
            Headers = headers,
            RemoteAddress = context.Connection.RemoteIpAddress,
            ConversationId = conversationId,
        };
    }
}
