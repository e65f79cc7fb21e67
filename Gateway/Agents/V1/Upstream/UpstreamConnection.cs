using Gateway.Primitives.Json;

using Microsoft.Extensions.Options;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// A conversation's one connection to its agent-server: opens it, opens it again when it is lost, and hands its events on in order.
/// Owned by the conversation's backend, which runs <see cref="RunAsync"/> once; <see cref="State"/> and <see cref="Endpoint"/> may be read
/// from any thread.
/// </summary>
internal sealed partial class UpstreamConnection(
    Guid conversation, IEndpointLookup lookup, V1RestClient rest, ConversationTemplate template, IOptions<V1Options> options,
        V1Context services)
{
    private const int MaxUseless = 10;

    private readonly V1Options _options = options.Value;
    private readonly ReconnectPolicy _policy = new(options.Value.ReconnectDelay, options.Value.MaxReconnects);
    private volatile UpstreamState _state = UpstreamState.Connecting;
    private volatile V1Endpoint? _endpoint;
    private bool _hasNoSessionSocket;
    private bool _isKnown;

    /// <summary>How far one try got.</summary>
    private enum Outcome
    {
        /// <summary>The server was not reached.</summary>
        Failed,

        /// <summary>It knows the conversation, and its socket gave nothing.</summary>
        Answered,
        Worked,
    }

    public UpstreamState State => _state;

    /// <summary>The wait before a bridge that failed is started again.</summary>
    public TimeSpan RestartDelay => _options.ReconnectDelay;

    /// <summary>Where the user's actions go; null before the server was found.</summary>
    public V1Endpoint? Endpoint => _endpoint;

    /// <summary>
    /// What the server says about the conversation; 404 when it does not know it and does not make it. Remembers where the server is.
    /// </summary>
    public async ValueTask<RestResult> ProbeAsync(CancellationToken cancellationToken)
    {
        var found = await lookup.FindAsync(conversation, cancellationToken);
        _endpoint = found.Endpoint ?? _endpoint;
        return found.Problem switch
        {
            LookupProblem.None when found.Endpoint is { } endpoint =>
                await FindOrCreateAsync(endpoint, cancellationToken),
            LookupProblem.NotFound => new RestResult(404, null),
            LookupProblem.Unauthorized => new RestResult(401, null),
            _ => RestResult.Unreachable,
        };
    }

    /// <summary>Connects until told to stop, or until there is no sense in another try.</summary>
    public async Task RunAsync(IUpstreamSink sink, CancellationToken cancellationToken)
    {
        var tries = 0;
        var unreachable = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            _state = UpstreamState.Connecting;
            // A server that stays away is news once.
            var level = tries == 0 ? LogLevel.Information : LogLevel.Debug;
            var (end, outcome) = await TryOnceAsync(sink, level, cancellationToken);
            if (cancellationToken.IsCancellationRequested)
            {
                break;
            }

            _state = UpstreamState.Connecting;
            tries = outcome == Outcome.Worked ? 0 : tries + 1;
            // A socket that ends at once is no sign of a server that has gone, unless it goes on like that.
            unreachable = outcome == Outcome.Failed || tries > MaxUseless ? unreachable + 1 : 0;
            var decision = _policy.Decide(end, tries);
            if (decision.After is not { } delay)
            {
                _state = UpstreamState.Closed;
                Log.GivenUp(services.Logger, conversation, decision.Final ?? "");
                await sink.EndedAsync(decision.Final ?? "", cancellationToken);
                return;
            }

            Log.Retrying(services.Logger, level, conversation, end.Code, delay);
            services.Metrics.Reconnect();
            await sink.DisconnectedAsync(unreachable, cancellationToken);
            await Task.Delay(delay, services.TimeProvider, cancellationToken);
        }
    }

    public void SetState(UpstreamState state) => _state = state;

    /// <summary>
    /// A conversation that the server does not know is made, where a template says how. Not one that it knew and lost since.
    /// </summary>
    private async ValueTask<RestResult> FindOrCreateAsync(V1Endpoint endpoint, CancellationToken cancellationToken)
    {
        var info = await rest.GetAsync(endpoint, $"api/conversations/{conversation:D}", cancellationToken);
        if (info is { Status: 404, Body: not null } && !_isKnown && template.Create(conversation) is { } request)
        {
            info = await rest.PostAsync(endpoint, "api/conversations", request, cancellationToken);
            if (info.IsSuccess)
            {
                Log.Created(services.Logger, conversation);
            }
            else if (info.Status != 0)
            {
                Log.NotCreated(services.Logger, conversation, info.Problem);
                info = new RestResult(404, new JObject());
            }
        }

        _isKnown |= info.IsSuccess;
        // A 404 that is no JSON is a proxy's, before a server that is just not there.
        return info is { Status: 404, Body: null } ? RestResult.Unreachable : info;
    }

    private async Task<(SocketEnd End, Outcome Outcome)> TryOnceAsync(IUpstreamSink sink, LogLevel level,
        CancellationToken cancellationToken)
    {
        var info = await ProbeAsync(cancellationToken);
        if (info.Status is 401 or 403 or 404)
        {
            return (new SocketEnd(info.Status == 404 ? SocketEnd.ConversationNotFound : SocketEnd.AuthenticationFailed), Outcome.Failed);
        }

        if (!info.IsSuccess || info.Object is not { } known || _endpoint is not { } endpoint)
        {
            Log.NotReady(services.Logger, level, conversation, info.Problem);
            return (new SocketEnd(SocketEnd.Lost), Outcome.Failed);
        }

        var about = await rest.GetAsync(endpoint, "server_info", cancellationToken);
        var version = about.Object?.TextOrNull("version");
        await sink.ConnectedAsync(known, cancellationToken);

        var reader = new LogReader(rest, endpoint, conversation, sink);
        await reader.AlignAsync(cancellationToken, cancellationToken);
        var (socket, isSession) = await OpenAsync(endpoint, version, sink, cancellationToken);
        if (socket is null)
        {
            // The key was good for the question above, so a refusal of both sockets is no question of keys.
            return (new SocketEnd(SocketEnd.Lost), Outcome.Answered);
        }

        using (socket)
        {
            IFeed feed = isSession
                ? new SessionFeed(sink, reader, endpoint, services, _options.GapTimeout)
                : new EventsFeed(sink, reader, endpoint, services);
            Log.Connected(services.Logger, conversation, version ?? "of unknown version", isSession ? "session" : "events");
            _state = UpstreamState.Open;
            var loop = new FeedLoop(socket, feed, sink, services);
            var lastSequence = sink.LastSequence;
            var end = await loop.RunAsync(cancellationToken);
            return (end, loop.HasCaughtUp || sink.LastSequence > lastSequence ? Outcome.Worked : Outcome.Answered);
        }
    }

    private async Task<(UpstreamSocket? Socket, bool IsSession)> OpenAsync(
        V1Endpoint endpoint, string? version, IUpstreamSink sink, CancellationToken cancellationToken)
    {
        var auth = endpoint.SessionApiKey is null ? V1Auth.Auto
            : _options.Auth == V1Auth.Auto ? ServerVersion.AuthOf(version) : _options.Auth;
        var inQuery = auth == V1Auth.Query;
        if (!_hasNoSessionSocket)
        {
            var session = await ConnectAsync(endpoint, endpoint.SessionSocket(conversation, sink.LastSequence, inQuery), auth,
                cancellationToken);
            if (session.Socket is not null || session.Status == 0)
            {
                return (session.Socket, true);
            }
        }

        var events = await ConnectAsync(endpoint, endpoint.EventsSocket(conversation, sink.LastTimestamp, inQuery), auth,
            cancellationToken);
        // Only where the other socket is there is the first one's refusal a matter of age.
        _hasNoSessionSocket |= events.Socket is not null;
        return (events.Socket, false);
    }

    private async Task<(UpstreamSocket? Socket, int Status)> ConnectAsync(V1Endpoint endpoint, Uri address, V1Auth auth,
        CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(_options.RequestTimeout, services.TimeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        var header = auth == V1Auth.Header ? endpoint.SessionApiKey : null;
        var firstMessage = auth == V1Auth.FirstMessage
            ? new JObject { ["type"] = "auth", ["session_api_key"] = endpoint.SessionApiKey }.ToString(Formatting.None)
            : null;
        return await UpstreamSocket.ConnectAsync(address, header, firstMessage, _options.MaxFrameBytes, stop.Token);
    }
}
