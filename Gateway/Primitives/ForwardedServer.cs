using System.Net;

using Microsoft.AspNetCore.Http.Features;

using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Primitives;

/// <summary>
/// What is done to a request on its way and to its answer, by which it is known that there is one. Belongs to one request.
/// </summary>
internal abstract class ForwardTransformer : HttpTransformer
{
    /// <summary>Raised when the answer's head is there.</summary>
    public event Action? Answered;

    public override ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        Answered?.Invoke();
        return base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
    }
}

/// <summary>
/// A server behind this one to which requests are passed, and their answers back, by YARP: bodies as they come, in both directions, and
/// sockets with their close codes. One that is away is told to the log once. Owns its connections; any thread.
/// </summary>
/// <param name="name">What log lines call it: <c>V1</c>.</param>
/// <param name="timeout">How long it may leave a request without a byte, and take for a socket's handshake.</param>
internal sealed partial class ForwardedServer(
    string name, TimeSpan timeout, IHttpForwarder forwarder, IHostApplicationLifetime lifetime, TimeProvider timeProvider, ILogger logger)
    : IDisposable
{
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a socket may bring nothing, pings included; a server pings every half minute or sooner. For one whose other end is gone
    /// without a word.
    /// </summary>
    private static readonly TimeSpan s_quietSocket = TimeSpan.FromHours(1);

    private readonly HttpMessageInvoker _connections = ForwardClient.Create(s_connectTimeout);
    private int _isAway;

    /// <summary>It has not answered the last time it was asked.</summary>
    public bool IsAway => Volatile.Read(ref _isAway) != 0;

    /// <summary>
    /// Passes a request on, and completes with its answer, for a socket with the socket's end. Null when the client has been answered, or
    /// has left; else the status of the answer that is to be given in its place: 502, 503 or 504.
    /// </summary>
    public async Task<int?> ForwardAsync(HttpContext context, Uri address, ForwardTransformer transformer, bool isSocket)
    {
        LeaveLimitsToIt(context);

        // Open sockets would keep the server from stopping; a request is let to its end, within the server's own limit.
        using var handshake = new CancellationTokenSource(isSocket ? timeout : Timeout.InfiniteTimeSpan, timeProvider);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(
            handshake.Token, isSocket ? lifetime.ApplicationStopping : CancellationToken.None);
        transformer.Answered += () => handshake.CancelAfter(Timeout.InfiniteTimeSpan);
        var error = await forwarder.SendAsync(
            context,
            address.GetLeftPart(UriPartial.Authority),
            _connections,
            new ForwarderRequestConfig { ActivityTimeout = isSocket ? s_quietSocket : timeout },
            transformer,
            end.Token);

        var isLate = handshake.IsCancellationRequested;
        Note(isLate ? ForwarderError.RequestTimedOut : error, context.GetForwarderErrorFeature()?.Exception);
        return error is ForwarderError.None || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested ? null
            : isLate ? StatusCodes.Status504GatewayTimeout
            : context.Response.StatusCode is >= 502 and <= 504 and var status ? status
            : null;
    }

    /// <summary>
    /// Asks it for something of this program's own, and reads the answer whole. Null when it does not answer in time, or at too great a
    /// length: the log has been told.
    /// </summary>
    public async Task<(HttpStatusCode Status, byte[] Body)?> AskAsync(
        HttpRequestMessage request, int maxBytes, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var expiry = new CancellationTokenSource(limit, timeProvider);
        await using var onExpiry = expiry.Token.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), end);
        try
        {
            using var answer = await _connections.SendAsync(request, end.Token);
            var body = new MemoryStream();
            var content = await answer.Content.ReadAsStreamAsync(end.Token);
            var block = new byte[64 * 1_024];
            int read;
            while ((read = await content.ReadAsync(block, end.Token)) > 0)
            {
                if (body.Length + read > maxBytes)
                {
                    Log.IsTooLong(logger, name, maxBytes);
                    return null;
                }

                body.Write(block, 0, read);
            }

            Note(ForwarderError.None, null);
            return (answer.StatusCode, body.ToArray());
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            Note(expiry.IsCancellationRequested ? ForwarderError.RequestTimedOut : ForwarderError.Request, exception);
            return null;
        }
    }

    public void Dispose() => _connections.Dispose();

    /// <summary>Nothing of a body is kept here: how large one may be is the server's to say.</summary>
    private static void LeaveLimitsToIt(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }
    }

    /// <summary>One line when the server goes and one when it is back, however many ask for it meanwhile.</summary>
    private void Note(ForwarderError error, Exception? exception)
    {
        if (error is ForwarderError.None)
        {
            if (Interlocked.Exchange(ref _isAway, 0) != 0)
            {
                Log.IsBack(logger, name);
            }
        }
        else if (error is ForwarderError.Request or ForwarderError.RequestTimedOut && Interlocked.Exchange(ref _isAway, 1) == 0)
        {
            Log.IsAway(logger, name, error, exception?.GetBaseException().Message);
        }
    }

    private static partial class Log
    {
        // Not the request's address: it may hold a key.
        [LoggerMessage(1, LogLevel.Warning,
            "The {Server} server does not answer what is passed through to it; clients get 502 or 504 ({Error}: {Problem}).")]
        public static partial void IsAway(ILogger logger, string server, ForwarderError error, string? problem);

        [LoggerMessage(2, LogLevel.Information, "The {Server} server answers again what is passed through to it.")]
        public static partial void IsBack(ILogger logger, string server);

        [LoggerMessage(3, LogLevel.Warning, "The {Server} server's answer is longer than {Limit} bytes and was not read.")]
        public static partial void IsTooLong(ILogger logger, string server, int limit);
    }
}
