using Gateway.EngineIO.Admission;
using Gateway.EngineIO.Kestrel;
using Gateway.EngineIO.Protocol;

using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;

namespace Gateway.EngineIO.WebSockets;

/// <summary>
/// A request that has become a WebSocket: the stream of frames, and the means to cut it. Opened by the endpoint, then owned by one
/// transport. It can be cut from any thread, also when its request is long over.
/// </summary>
internal sealed class WebSocketConnection : IDisposable
{
    private const string Version = "13";

    // All that is kept of the request: what serves it may be nothing but a socket.
    private readonly IHttpRequestLifetimeFeature _request;
    private readonly Lock _lock = new();
    private ITimer? _cut;
    private bool _over;

    private WebSocketConnection(HttpContext context, Stream stream, DeflateAgreement? deflate)
    {
        Deflate = deflate;
        _request = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        Stream = stream;
    }

    public Stream Stream { get; }

    /// <summary>How messages may be compressed; null: they may not.</summary>
    public DeflateAgreement? Deflate { get; }

    /// <summary>Ends the connection without a goodbye.</summary>
    public void Abort()
    {
        lock (_lock)
        {
            // A timer or a closing session may come late: the server has disposed of the context by then, or given it to another request.
            if (!_over)
            {
                _request.Abort();
            }
        }
    }

    /// <summary>Ends the connection when the time is over, unless it has ended by itself. The first call counts.</summary>
    public void AbortAfter(TimeSpan limit, TimeProvider timeProvider)
    {
        if (limit == TimeSpan.Zero)
        {
            Abort();
            return;
        }

        lock (_lock)
        {
            if (!_over)
            {
                _cut ??= timeProvider
                    .CreateTimer(static state => ((WebSocketConnection)state!).Abort(), this, limit, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>The request is about to end: nothing can cut it any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _over = true;
            _cut?.Dispose();
        }
    }

    /// <summary>What keeps the request from being a WebSocket handshake (RFC 6455, 4.2.1; RFC 8441), or null.</summary>
    public static string? FindHandshakeError(HttpContext context)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            return string.Equals(connect.Protocol, "websocket", StringComparison.OrdinalIgnoreCase) ? null : ":protocol websocket";
        }

        var headers = context.Request.Headers;
        if (!HasToken(headers.Connection, "upgrade"))
        {
            // A proxy that forwards neither is the usual cause.
            return HasToken(headers.Upgrade, "websocket") ? "Connection: Upgrade" : "Connection: Upgrade, Upgrade: websocket";
        }

        if (!HasToken(headers.Upgrade, "websocket"))
        {
            return "Upgrade: websocket";
        }

        if (!WebSocketAccept.IsValidKey(headers.SecWebSocketKey))
        {
            return "Sec-WebSocket-Key";
        }

        return headers.SecWebSocketVersion != Version ? "Sec-WebSocket-Version: 13"
            : context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } ? null
            : "Connection: Upgrade, over HTTP/1.1";
    }

    /// <summary>
    /// Answers the handshake, which <see cref="FindHandshakeError"/> has passed. Throws an <see cref="IOException"/> or what belongs to it
    /// when there is no WebSocket: the client has gone, or Kestrel takes no more of them, which is then answered.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="compresses">Whether a client that offers compression gets it.</param>
    public static async ValueTask<WebSocketConnection> AcceptAsync(HttpContext context, bool compresses)
    {
        var deflate = compresses ? DeflateAgreement.Find(context.Request.Headers.SecWebSocketExtensions.ToString()) : null;
        // Who reads too slowly is for the heartbeat to say; the server's own rule would cut a paused tab without a reason.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        TlsBuffers.GiveBack(context);
        var headers = context.Response.Headers;
        if (deflate is not null)
        {
            headers.SecWebSocketExtensions = deflate.Answer;
        }

        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            return new WebSocketConnection(context, await connect.AcceptAsync(), deflate);
        }

        headers.Connection = "Upgrade";
        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = WebSocketAccept.Compute(context.Request.Headers.SecWebSocketKey.ToString());
        return new WebSocketConnection(context, await UpgradeAsync(context), deflate);
    }

    /// <summary>
    /// Empties the request, which the server keeps for as long as the connection lives: its texts cost more than the session does, and some
    /// are secrets that have no business in a line about the request's end.
    /// </summary>
    public static void ForgetRequest(HttpContext context)
    {
        var request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        request.Headers.Clear();
        request.RawTarget = "";
        request.QueryString = "";

        // Asked again, the parsed query lets go of the text that it was made from. Who has the old one keeps it.
        _ = context.Request.Query;
    }

    private static async ValueTask<Stream> UpgradeAsync(HttpContext context)
    {
        try
        {
            return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        }
        catch (InvalidOperationException exception) when (exception is not ObjectDisposedException && !context.Response.HasStarted)
        {
            // Kestrel's MaxConcurrentUpgradedConnections; it has no other way to say so.
            context.Response.Headers.Remove(HeaderNames.Connection);
            context.Response.Headers.Remove(HeaderNames.Upgrade);
            context.Response.Headers.Remove(HeaderNames.SecWebSocketAccept);
            context.Response.Headers.Remove(HeaderNames.SecWebSocketExtensions);
            await EngineError.Full.WriteAsync(context);
            throw new IOException("The server takes no more upgraded connections.", exception);
        }
    }

    private static bool HasToken(Microsoft.Extensions.Primitives.StringValues values, string token)
    {
        foreach (var value in values)
        {
            foreach (var part in value.AsSpan().Split(','))
            {
                if (value.AsSpan()[part].Trim().Equals(token, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
