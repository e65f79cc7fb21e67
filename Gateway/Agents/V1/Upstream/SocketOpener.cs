using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// Opens the newest kind of socket that the server has, and shows it the key as its version knows. Remembers what it has learnt of the
/// server until told to forget. Owned by one connection, used by its loop.
/// </summary>
internal sealed class SocketOpener(Guid conversation, V1Options options, TimeProvider timeProvider)
{
    // As V1's own clients have it.
    private static readonly TimeSpan s_handshakeLimit = TimeSpan.FromSeconds(10);

    private V1Endpoint? _known;
    private bool _hasNoSessionSocket;

    /// <summary>The server's version, when it has said one.</summary>
    public string? Version { get; private set; }

    public bool Knows(V1Endpoint endpoint) => ReferenceEquals(_known, endpoint);

    public void Remember(V1Endpoint endpoint, string? version)
    {
        _known = endpoint;
        Version = version;
    }

    /// <summary>Another server, or another version, may come back.</summary>
    public void Forget()
    {
        _known = null;
        _hasNoSessionSocket = false;
    }

    /// <summary>
    /// The socket, and whether it is a session socket; null when the server gave none in time, with the status that refused it (0: none).
    /// </summary>
    public async Task<(UpstreamSocket? Socket, bool IsSession, int Status)> OpenAsync(
        V1Endpoint endpoint, string? version, IUpstreamSink sink, CancellationToken cancellationToken)
    {
        var auth = endpoint.SessionApiKey is null ? V1Auth.Auto
            : options.Auth == V1Auth.Auto ? ServerVersion.AuthOf(version) : options.Auth;
        var inQuery = auth == V1Auth.Query;
        if (!_hasNoSessionSocket)
        {
            var session = await ConnectAsync(endpoint, endpoint.SessionSocket(conversation, sink.LastSequence, inQuery), auth,
                cancellationToken);
            if (session.Socket is not null || session.Status == 0)
            {
                return (session.Socket, true, session.Status);
            }
        }

        var events = await ConnectAsync(endpoint, endpoint.EventsSocket(conversation, sink.LastTimestamp, inQuery), auth,
            cancellationToken);
        // Only where the other socket is there is the first one's refusal a matter of age.
        _hasNoSessionSocket |= events.Socket is not null;
        return (events.Socket, false, events.Status);
    }

    private async Task<(UpstreamSocket? Socket, int Status)> ConnectAsync(V1Endpoint endpoint, Uri address, V1Auth auth,
        CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(s_handshakeLimit, timeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        var header = auth == V1Auth.Header ? endpoint.SessionApiKey : null;
        var firstMessage = auth == V1Auth.FirstMessage
            ? new JObject { ["type"] = "auth", ["session_api_key"] = endpoint.SessionApiKey }.ToString(Formatting.None)
            : null;
        return await UpstreamSocket.ConnectAsync(address, header, firstMessage, options.MaxFrameBytes, stop.Token);
    }
}
