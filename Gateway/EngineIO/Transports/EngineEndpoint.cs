using Gateway.EngineIO.Sessions;

namespace Gateway.EngineIO.Transports;

/// <summary>
/// One mapped path and the application behind it: judges every request of the path, refuses what is wrong with it, and hands it to its
/// transport. Immutable; any thread.
/// </summary>
internal sealed class EngineEndpoint(EngineServices services, string path, IEngineApplication application)
{
    private const string Polling = "polling";
    private const string WebSocket = "websocket";

    private readonly EngineOptions _options = services.Options;
    private readonly OriginPolicy _origins = new(services.Options);
    private readonly PollingEndpoint _polling = new(services);
    private readonly WebSocketEndpoint _webSocket = new(services);
    private readonly SessionFactory _factory = new(services, application);

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
        var verdict = Judge(context);
        if (verdict.Kind is VerdictKind.OpenPolling or VerdictKind.OpenWebSocket && !services.Registry.TryReserve())
        {
            verdict = EngineError.Full;
        }

        return verdict.IsWebSocket ? HandleWebSocketAsync(verdict, context) : HandleHttpAsync(verdict, context);
    }

    /// <summary>
    /// Serves a request that becomes a WebSocket; null, and nothing has been done, when it does not. For a connection that can do nothing else.
    /// </summary>
    public Task? TryHandleWebSocketAsync(HttpContext context)
    {
        var verdict = Judge(context);
        return verdict.IsWebSocket && (verdict.Kind != VerdictKind.OpenWebSocket || services.Registry.TryReserve())
            ? HandleWebSocketAsync(verdict, context)
            : null;
    }

    private Task HandleWebSocketAsync(Verdict verdict, HttpContext context) => verdict switch
    {
        { Kind: VerdictKind.OpenWebSocket } => _webSocket.OpenAsync(context, _factory),
        { Kind: VerdictKind.Upgrade, Session: { Transport: PollingTransport polling } session } => _webSocket.UpgradeAsync(context, session, polling),
        _ => _webSocket.RefuseAsync(context),
    };

    private Task HandleHttpAsync(Verdict verdict, HttpContext context)
    {
        switch (verdict)
        {
            case { Kind: VerdictKind.Preflight }:
                OriginPolicy.AnswerPreflight(context);
                return Task.CompletedTask;
            case { Kind: VerdictKind.OpenPolling }:
                var opened = new PollingTransport();
                var begun = _factory.Create(context, opened);
                begun.Begin(mayUpgrade: true);
                return _polling.OpenAsync(context, begun, opened);
            case { Kind: VerdictKind.Poll, Session: { Transport: PollingTransport polling } session }:
                return _polling.PollAsync(context, session, polling);
            case { Kind: VerdictKind.Post, Session: { Transport: PollingTransport polling } session }:
                return _polling.PostAsync(context, session, polling);
            case { Error: { } error }:
                return error.WriteAsync(context);
            default:
                // A session that was upgraded since it was looked at.
                return EngineError.WrongTransport.WriteAsync(context);
        }
    }

    private Verdict Judge(HttpContext context)
    {
        if (!_origins.TryApply(context))
        {
            return EngineError.ForeignOrigin;
        }

        if (HttpMethods.IsOptions(context.Request.Method))
        {
            return new Verdict(VerdictKind.Preflight);
        }

        var query = context.Request.Query;
        var transport = query["transport"] is { Count: > 0 } named ? named.ToString() : _options.RequireTransport ? "" : Polling;
        if (transport is not (Polling or WebSocket))
        {
            return EngineError.UnknownTransport;
        }

        var sid = query["sid"].ToString();
        return sid.Length > 0
            ? JudgeSession(context, sid, transport == WebSocket)
            : JudgeHandshake(context, transport == WebSocket);
    }

    private Verdict JudgeSession(HttpContext context, string sid, bool isWebSocket)
    {
        if (!services.Registry.TryGet(sid, application, out var session))
        {
            return EngineError.UnknownSession;
        }

        if (isWebSocket && WebSocketConnection.FindObstacle(context) is { } missing)
        {
            return EngineError.NoWebSocket(missing);
        }

        if (session.Transport is not PollingTransport)
        {
            return isWebSocket ? new Verdict(VerdictKind.SecondWebSocket) : EngineError.WrongTransport;
        }

        return isWebSocket ? new Verdict(VerdictKind.Upgrade, Session: session)
            : HttpMethods.IsGet(context.Request.Method) ? new Verdict(VerdictKind.Poll, Session: session)
            : HttpMethods.IsPost(context.Request.Method) ? new Verdict(VerdictKind.Post, Session: session)
            : EngineError.BadMethod;
    }

    private static Verdict JudgeHandshake(HttpContext context, bool isWebSocket)
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
            return new Verdict(VerdictKind.OpenPolling);
        }

        return WebSocketConnection.FindObstacle(context) is { } missing
            ? EngineError.NoWebSocket(missing)
            : new Verdict(VerdictKind.OpenWebSocket);
    }
}
