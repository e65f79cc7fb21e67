using Gateway.EngineIO;
using Gateway.Primitives;

using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;

using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Cluster;

/// <summary>
/// Hands requests of polling sessions on to the gateway that has the session, by YARP: bodies as they come, in both directions, and the
/// WebSocket of an upgrade. Once: what another gateway has handed on is answered here or nowhere. Any thread.
/// </summary>
internal sealed partial class ClusterPeers : ISessionPeers, IDisposable
{
    private const string PassedOn = "X-Gateway-Passed-On";

    // Gateways are near one another. Its client waits for it, to begin anew.
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(2);

    private readonly ClusterKeys _keys;
    private readonly ClusterNodes _nodes;
    private readonly IHttpForwarder _forwarder;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly ForwarderRequestConfig _limits;
    private readonly HttpMessageInvoker _connections = ForwardClient.Create(s_connectTimeout);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeSpan _stopSpread;

    public ClusterPeers(
        ClusterKeys keys, ClusterNodes nodes, IHttpForwarder forwarder, IOptions<EngineOptions> engine, TimeProvider timeProvider,
        ILogger<ClusterPeers> logger)
    {
        (_keys, _nodes, _forwarder, _timeProvider, _logger) = (keys, nodes, forwarder, timeProvider, logger);

        _stopSpread = engine.Value.StopSpread;

        // A session that lives has a ping and its answer in that time, whatever else is silent.
        _limits = new ForwarderRequestConfig { ActivityTimeout = engine.Value.PingInterval + engine.Value.PingTimeout };
    }

    public IReadOnlyList<string> HeaderNames { get; } = [PassedOn];

    public string CreateSid() => _keys.CreateSid(_nodes.Own);

    public SessionPlace Find(HttpContext context, string sid)
    {
        if (context.Request.Headers.TryGetValue(PassedOn, out var proof))
        {
            return _keys.IsProof(proof.ToString(), sid) ? SessionPlace.Here : SessionPlace.Nowhere;
        }

        return _keys.NodeOf(sid) is not { } node ? SessionPlace.Nowhere
            : node == _nodes.Own ? SessionPlace.Here
            : SessionPlace.Elsewhere;
    }

    public async Task<bool> TryPassOnAsync(HttpContext context, string sid)
    {
        if (_keys.NodeOf(sid) is not { } name || await _nodes.FindAsync(name, CancellationToken.None) is not { } node)
        {
            return false;
        }

        LeaveLimitsToIt(context);
        using var stop = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _timeProvider);
        await using var onStopping = _stopping.Token.UnsafeRegister(
            state => ((CancellationTokenSource)state!).CancelAfter(_stopSpread * Random.Shared.NextDouble()), stop);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, node.Gone);
        var error = await _forwarder.SendAsync(
            context, node.Address, _connections, _limits, new PassedOnRequest(_keys.ProofOf(sid)), end.Token);
        if (error is ForwarderError.Request && !end.IsCancellationRequested && node.TryBeginSilence()
            && !await _nodes.IsGoneAsync(node))
        {
            Log.DoesNotAnswer(_logger, node.Address);
        }

        return error is ForwarderError.None || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested;
    }

    public void StopPassingOn() => _stopping.Cancel();

    public void Dispose()
    {
        _connections.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Nothing of a body is kept here: how large and how slow one may be is said where the session is.</summary>
    private static void LeaveLimitsToIt(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    /// <summary>One request as the other gateway gets it, and its answer as the client gets it. Belongs to one request.</summary>
    private sealed class PassedOnRequest(string proof) : HttpTransformer
    {
        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.Headers.Host = httpContext.Request.Host.Value;
            ForwardedOrigin.Write(httpContext, proxyRequest.Headers);
            ForwardedOrigin.Set(proxyRequest.Headers, PassedOn, proof);
        }

        public override ValueTask<bool> TransformResponseAsync(
            HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
        {
            if (proxyResponse is not null)
            {
                // What was set for an answer of our own, the other gateway has set for its own.
                httpContext.Response.Headers.Clear();
            }

            return base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning,
            "The gateway at {PeerAddress} (its Cluster:Address) cannot be reached; its polling clients' requests that come here are refused.")]
        public static partial void DoesNotAnswer(ILogger logger, string peerAddress);
    }
}
