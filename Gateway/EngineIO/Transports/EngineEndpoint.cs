using Gateway.EngineIO.Sessions;

namespace Gateway.EngineIO.Transports;

/// <summary>
/// One mapped path and the application behind it: looks at every request of the path, refuses what is wrong with it, and hands it to its
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

    public Task HandleAsync(HttpContext context)
    {
        if (!_origins.TryApply(context))
        {
            return EngineError.ForeignOrigin.WriteAsync(context);
        }

        if (HttpMethods.IsOptions(context.Request.Method))
        {
            OriginPolicy.AnswerPreflight(context);
            return Task.CompletedTask;
        }

        var query = context.Request.Query;
        var transport = query["transport"] is { Count: > 0 } named ? named.ToString() : _options.RequireTransport ? "" : Polling;
        if (transport is not (Polling or WebSocket))
        {
            return EngineError.UnknownTransport.WriteAsync(context);
        }

        var sid = query["sid"].ToString();
        return sid.Length > 0
            ? HandleSessionAsync(context, sid, transport == WebSocket)
            : HandleHandshakeAsync(context, transport == WebSocket);
    }

    private Task HandleSessionAsync(HttpContext context, string sid, bool isWebSocket)
    {
        if (!services.Registry.TryGet(sid, application, out var session))
        {
            return EngineError.UnknownSession.WriteAsync(context);
        }

        if (isWebSocket && WebSocketConnection.FindObstacle(context) is { } missing)
        {
            return EngineError.NoWebSocket(missing).WriteAsync(context);
        }

        if (session.Transport is not PollingTransport polling)
        {
            return isWebSocket ? _webSocket.RefuseAsync(context) : EngineError.WrongTransport.WriteAsync(context);
        }

        if (isWebSocket)
        {
            return _webSocket.UpgradeAsync(context, session, polling);
        }

        return HttpMethods.IsGet(context.Request.Method) ? _polling.PollAsync(context, session, polling)
            : HttpMethods.IsPost(context.Request.Method) ? _polling.PostAsync(context, session, polling)
            : EngineError.BadMethod.WriteAsync(context);
    }

    private Task HandleHandshakeAsync(HttpContext context, bool isWebSocket)
    {
        var missing = isWebSocket ? WebSocketConnection.FindObstacle(context) : null;
        var error =
            !HttpMethods.IsGet(context.Request.Method) && !(isWebSocket && HttpMethods.IsConnect(context.Request.Method)) ? EngineError.BadMethod
            : context.Request.Query["EIO"] != "4" ? EngineError.UnsupportedProtocol
            : missing is not null ? EngineError.NoWebSocket(missing)
            : services.Registry.TryReserve() ? null
            : EngineError.Full;
        if (error is not null)
        {
            return error.WriteAsync(context);
        }

        if (isWebSocket)
        {
            return _webSocket.OpenAsync(context, _factory);
        }

        var polling = new PollingTransport();
        var session = _factory.Create(context, polling);
        session.Begin(mayUpgrade: true);
        return _polling.OpenAsync(context, session, polling);
    }
}
