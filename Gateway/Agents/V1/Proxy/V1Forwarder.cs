using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Agents.V1.Proxy;

/// <summary>
/// Carries one request to the V1 server and its answer back, by YARP: bodies as they come, in both directions, and sockets with their close
/// codes. A server that is away is told to the client, and to the log once. Any thread.
/// </summary>
internal sealed partial class V1Forwarder(
    IHttpForwarder forwarder, ProxyConnections connections, IOptions<V1Options> options, IHostApplicationLifetime lifetime,
    TimeProvider timeProvider, ILogger<V1Forwarder> logger)
{
    /// <summary>
    /// How long a socket may bring nothing, pings included; V1 pings every 20 s. For one whose other end is gone without a word.
    /// </summary>
    private static readonly TimeSpan s_quietSocket = TimeSpan.FromHours(1);

    private readonly TimeSpan _timeout = options.Value.ProxyTimeout;
    private int _isAway;

    public async Task ForwardAsync(HttpContext context, ProxyTransformer transformer, bool isSocket)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            // Nothing of a body is kept here: how large one may be is V1's to say.
            limit.MaxRequestBodySize = null;
        }

        // Open sockets would keep the server from stopping; a request is let to its end, within the server's own limit.
        using var handshake = new CancellationTokenSource(isSocket ? _timeout : Timeout.InfiniteTimeSpan, timeProvider);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(
            handshake.Token, isSocket ? lifetime.ApplicationStopping : CancellationToken.None);
        transformer.Answered += () => handshake.CancelAfter(Timeout.InfiniteTimeSpan);
        var error = await forwarder.SendAsync(
            context,
            transformer.Address.GetLeftPart(UriPartial.Authority),
            connections.Invoker,
            new ForwarderRequestConfig { ActivityTimeout = isSocket ? s_quietSocket : _timeout },
            transformer,
            end.Token);

        Note(context, handshake.IsCancellationRequested ? ForwarderError.RequestTimedOut : error);
        if (error is not ForwarderError.None && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await AnswerAsync(
                context, handshake.IsCancellationRequested ? StatusCodes.Status504GatewayTimeout : context.Response.StatusCode);
        }
    }

    private static Task AnswerAsync(HttpContext context, int status) => status switch
    {
        StatusCodes.Status502BadGateway => ProxyAnswer.WriteAsync(context, status, "The V1 server cannot be reached"),
        StatusCodes.Status503ServiceUnavailable => ProxyAnswer.WriteAsync(context, status, "The V1 server is not available"),
        StatusCodes.Status504GatewayTimeout => ProxyAnswer.WriteAsync(context, status, "The V1 server has not answered in time"),
        _ => Task.CompletedTask,
    };

    /// <summary>One line when the server goes and one when it is back, however many ask for it meanwhile.</summary>
    private void Note(HttpContext context, ForwarderError error)
    {
        if (error is ForwarderError.None)
        {
            if (Interlocked.Exchange(ref _isAway, 0) != 0)
            {
                Log.IsBack(logger);
            }
        }
        else if (error is ForwarderError.Request or ForwarderError.RequestTimedOut && Interlocked.Exchange(ref _isAway, 1) == 0)
        {
            Log.IsAway(logger, error, context.GetForwarderErrorFeature()?.Exception?.GetBaseException().Message);
        }
    }

    private static partial class Log
    {
        // Not the request's address: it may hold a key.
        [LoggerMessage(1, LogLevel.Warning,
            "The V1 server does not answer what is passed through to it; clients get 502 or 504 ({Error}: {Problem}).")]
        public static partial void IsAway(ILogger logger, ForwarderError error, string? problem);

        [LoggerMessage(2, LogLevel.Information, "The V1 server answers again what is passed through to it.")]
        public static partial void IsBack(ILogger logger);
    }
}
