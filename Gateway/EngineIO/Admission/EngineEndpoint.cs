using Gateway.EngineIO.Polling;
using Gateway.EngineIO.Sessions;
using Gateway.EngineIO.Upgrade;
using Gateway.EngineIO.WebSockets;
using Gateway.Primitives;

namespace Gateway.EngineIO.Admission;

/// <summary>
/// One mapped path and the application behind it: classifies every request of the path, refuses what is wrong with it, and hands it to its
/// transport. Immutable; any thread.
/// </summary>
internal sealed partial class EngineEndpoint(EngineContext services, string path, IEngineApplication application)
{
    private const string Polling = TransportNames.Polling;
    private const string WebSocket = TransportNames.WebSocket;
    private const string Sid = "sid";

    private readonly EngineOptions _options = services.Options;
    private readonly OriginPolicy _origins = new(services.Options);
    private readonly PollingEndpoint _polling = new(services);
    private readonly WebSocketEndpoint _webSocket = new(services);
    private readonly TransportUpgrade _upgrade = new(services);
    private readonly SessionFactory _factory = new(services, application);
    private readonly ILogger _logger = services.CreateLogger<EngineEndpoint>();

    /// <summary>Proxies put prefixes of any depth before the path, so only its end counts; one trailing slash is fine.</summary>
    public bool Matches(PathString requestPath)
    {
        var value = requestPath.Value.AsSpan();
        value = value.EndsWith("/", StringComparison.Ordinal) ? value[..^1] : value;
        return value.EndsWith(path, StringComparison.Ordinal);
    }

    /// <summary>Serves a request, whatever it is.</summary>
    public Task HandleAsync(HttpContext context)
    {
        var route = Classify(context);
        return services.Behind is { } behind && (route.IsHandshake || route.Error == EngineError.UnknownSession)
            ? HandleUnlessBehindAsync(behind, route, context)
            : HandleAsync(route, context);
    }

    private Task HandleAsync(RequestRoute route, HttpContext context) =>
        !route.IsWebSocket ? HandleHttpAsync(route, context)
            : TryServeWebSocket(route, context, out var refusal) is { } serving ? serving.Unwrap()
            : RefuseAsync(context, refusal);

    private async Task HandleUnlessBehindAsync(ISessionsBehind behind, RequestRoute route, HttpContext context)
    {
        if (!await behind.TryServeAsync(context, route.IsHandshake))
        {
            await HandleAsync(route, context);
        }
    }

    /// <summary>
    /// Serves a request that becomes a WebSocket: completes as soon as the session runs, with the task of its whole run. Null, and nothing
    /// has been done, when the request becomes none. For a connection that can do nothing else.
    /// </summary>
    public Task<Task>? TryServeWebSocket(HttpContext context)
    {
        if (services.Behind is not null)
        {
            // Whose request it is may have to be asked for.
            return null;
        }

        var route = Classify(context);
        return route.IsWebSocket ? TryServeWebSocket(route, context, out _) : null;
    }

    private Task<Task>? TryServeWebSocket(RequestRoute route, HttpContext context, out EngineError refusal)
    {
        refusal = EngineError.Full;
        return route switch
        {
            { Kind: RequestRouteKind.OpenWebSocket } =>
                services.AddressLimits.TryReserve(context.Connection.RemoteIpAddress, out refusal) is { } slot
                    ? _webSocket.BeginAsync(context, _factory, slot)
                    : null,
            { Kind: RequestRouteKind.Upgrade, Session: { Transport: PollingTransport polling } session } =>
                _upgrade.RunAsync(context, session, polling),
            _ => _upgrade.RefuseAsync(context),
        };
    }

    private Task HandleHttpAsync(RequestRoute route, HttpContext context)
    {
        switch (route)
        {
            case { Kind: RequestRouteKind.Preflight }:
                OriginPolicy.AnswerPreflight(context);
                return Task.CompletedTask;
            case { Kind: RequestRouteKind.PassOn }:
                return PassOnAsync(context);
            case { Kind: RequestRouteKind.OpenPolling }:
                return OpenPollingAsync(context);
            case { Kind: RequestRouteKind.Poll, Session: { Transport: PollingTransport polling } session }:
                return _polling.PollAsync(context, session, polling);
            case { Kind: RequestRouteKind.Post, Session: { Transport: PollingTransport polling } session }:
                return _polling.PostAsync(context, session, polling);
            case { Error: { } error }:
                return RefuseAsync(context, error);
            default:
                // A session that was upgraded since it was looked at.
                return RefuseAsync(context, EngineError.WrongTransport);
        }
    }

    private async Task PassOnAsync(HttpContext context)
    {
        if (!services.Registry.IsAdmitting && !HttpMethods.IsPost(context.Request.Method))
        {
            // A balancer that gets this asks another process, which hands it on as well.
            await RefuseAsync(context, EngineError.Draining);
            return;
        }

        if (!await services.Peers.TryPassOnAsync(context, context.Request.Query[Sid].ToString()))
        {
            // Its client begins anew, wherever it gets to.
            await RefuseAsync(context, EngineError.UnknownSession);
        }
    }

    private Task OpenPollingAsync(HttpContext context)
    {
        using var slot = services.AddressLimits.TryReserve(context.Connection.RemoteIpAddress, out var refusal);
        if (slot is null)
        {
            return RefuseAsync(context, refusal);
        }

        var transport = new PollingTransport();
        var session = _factory.Create(context, transport);
        session.Begin(mayUpgrade: true, slot);
        return _polling.OpenAsync(context, session, transport);
    }

    private Task RefuseAsync(HttpContext context, EngineError error)
    {
        services.Metrics.RequestRefused(error);
        if (error.MayTryAgain || error == EngineError.ForeignOrigin)
        {
            // Who is kept out; not requests that are wrong in themselves, and sids of before a restart.
            Log.KeptOut(_logger, AddressText.Of(context.Connection.RemoteIpAddress), error.MetricTag);
        }
        else
        {
            Log.Refused(_logger, AddressText.Of(context.Connection.RemoteIpAddress), error.MetricTag);
        }

        if (services.Observer is { } observer && !context.Request.Query.ContainsKey(Sid))
        {
            observer.Refused(context, error);
        }

        if (!services.Registry.IsAdmitting)
        {
            // Another process may listen at this address by now, and is reached by a new connection.
            context.Response.Headers.Connection = "close";
        }

        return error.WriteAsync(context);
    }

    private RequestRoute Classify(HttpContext context)
    {
        if (!_origins.TryApply(context))
        {
            return EngineError.ForeignOrigin;
        }

        if (HttpMethods.IsOptions(context.Request.Method))
        {
            return new RequestRoute(RequestRouteKind.Preflight);
        }

        var query = context.Request.Query;
        var transport = query["transport"] is { Count: > 0 } named ? named.ToString() : _options.RequireTransport ? "" : Polling;
        if (transport is not (Polling or WebSocket))
        {
            return EngineError.UnknownTransport;
        }

        var sid = query[Sid].ToString();
        return sid.Length > 0
            ? ClassifySession(context, sid, transport == WebSocket)
            : ClassifyHandshake(context, transport == WebSocket);
    }

    private RequestRoute ClassifySession(HttpContext context, string sid, bool isWebSocket)
    {
        var place = services.Peers.Find(context, sid);
        if (place == SessionPlace.Elsewhere)
        {
            return new RequestRoute(RequestRouteKind.PassOn);
        }

        if (place == SessionPlace.Nowhere || !services.Registry.TryGet(sid, application, out var session))
        {
            return EngineError.UnknownSession;
        }

        if (isWebSocket && WebSocketConnection.FindHandshakeError(context) is { } missing)
        {
            return EngineError.NoWebSocket(missing);
        }

        if (session.Transport is not PollingTransport)
        {
            return isWebSocket ? new RequestRoute(RequestRouteKind.SecondWebSocket) : EngineError.WrongTransport;
        }

        return isWebSocket ? new RequestRoute(RequestRouteKind.Upgrade, Session: session)
            : HttpMethods.IsGet(context.Request.Method) ? new RequestRoute(RequestRouteKind.Poll, Session: session)
            : HttpMethods.IsPost(context.Request.Method) ? new RequestRoute(RequestRouteKind.Post, Session: session)
            : EngineError.BadMethod;
    }

    private static RequestRoute ClassifyHandshake(HttpContext context, bool isWebSocket)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !(isWebSocket && HttpMethods.IsConnect(context.Request.Method)))
        {
            return EngineError.BadMethod;
        }

        if (context.Request.Query["EIO"] != "4")
        {
            return EngineError.UnsupportedProtocol;
        }

        if (!isWebSocket)
        {
            return new RequestRoute(RequestRouteKind.OpenPolling);
        }

        return WebSocketConnection.FindHandshakeError(context) is { } missing
            ? EngineError.NoWebSocket(missing)
            : new RequestRoute(RequestRouteKind.OpenWebSocket);
    }

    private static partial class Log
    {
        // Every client whose session has ended meanwhile, at a restart all of them, asks once more: no line for each by default.
        [LoggerMessage(1, LogLevel.Debug, "Request from {Address} refused: {Reason}.")]
        public static partial void Refused(ILogger logger, string address, string reason);

        [LoggerMessage(2, LogLevel.Information, "Request from {Address} refused: {Reason}.")]
        public static partial void KeptOut(ILogger logger, string address, string reason);
    }
}
