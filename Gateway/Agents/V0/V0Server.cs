using System.Net;

using Gateway.Agents.Canary;
using Gateway.Conversations;
using Gateway.Primitives;
using Gateway.Primitives.Json;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.Options;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Agents.V0;

/// <summary>The V0 server behind this one. One for the process; owns the connections to it; any thread.</summary>
internal sealed partial class V0Server(
    IOptions<CanaryOptions> options, CanaryMetrics metrics, IHttpForwarder forwarder, IHostApplicationLifetime lifetime,
    TimeProvider timeProvider, ILogger<V0Server> logger) : IConversationsElsewhere, IBackendHealth, IDisposable
{
    public const string SocketPath = "/socket.io";

    /// <summary>Names each gateway that has passed a request on: a request that comes back to one of them is in a circle.</summary>
    public const string PassedOnHeader = "X-Gateway-Passed-On";

    private const string ListPath = "/api/conversations";

    // V0 shows what is younger than ten days, and takes any limit.
    private const int ListLimit = 10_000;
    private const int MaxListBytes = 32 * 1_024 * 1_024;

    private static readonly TimeSpan s_askLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_healthLimit = TimeSpan.FromSeconds(1);

    /// <summary>By what a caller shows who it is, to V0 or to what stands before it.</summary>
    private static readonly string[] s_credentials = ["Authorization", "Cookie", "X-Session-API-Key"];

    private readonly Uri _address = CanaryOptionsValidator.AddressOf(options.Value.Old)
        ?? throw new InvalidOperationException("No V0 server is set.");

    private readonly ForwardedServer _server = new("V0", options.Value.Timeout, forwarder, lifetime, timeProvider, logger);
    private readonly string _mark = Guid.NewGuid().ToString("N");
    private int _refusesList;
    private int _circles;

    public Task ForwardAsync(HttpContext context)
    {
        var request = context.Request;
        return ForwardAsync(context, ForwardAddress.Of(
            context, _address, request.Path, request.PathBase.Value ?? "", request.QueryString.Value ?? ""), endsWithProcess: false);
    }

    /// <summary>As <see cref="ForwardAsync(HttpContext)"/>, for one of a socket's requests, whatever stands before its path.</summary>
    public Task ForwardSocketAsync(HttpContext context) => ForwardAsync(context, ForwardAddress.Of(
        context, _address, $"{SocketPath}/", "", context.Request.QueryString.Value ?? ""), endsWithProcess: true);

    public async ValueTask<IReadOnlyList<JObject>?> ListAsync(HttpContext context)
    {
        var answer = await AskAsync(context.Request, $"{ListPath}?limit={ListLimit}", context.RequestAborted);
        if (answer is { Status: HttpStatusCode.OK, Body: var body } && JsonTree.TryReadObject(body, out var page))
        {
            Interlocked.Exchange(ref _refusesList, 0);
            return [.. page.Objects("results")];
        }

        if (answer is { Status: var status } && Interlocked.Exchange(ref _refusesList, 1) == 0)
        {
            // One that does not answer has been told already.
            Log.NotListed(logger, (int)status);
        }

        return null;
    }

    public async ValueTask<JObject?> FindAsync(ConversationId id, HttpContext context) =>
        await AskAsync(context.Request, $"{ListPath}/{id.Value}", context.RequestAborted) is { Status: HttpStatusCode.OK, Body: var body }
        && JsonTree.TryReadObject(body, out var found)
            ? found
            : null;

    public async ValueTask<string?> FindProblemAsync(CancellationToken cancellationToken)
    {
        if (_server.IsAway)
        {
            // It may be back, and nobody have asked it for anything since.
            await LookAsync(s_healthLimit, cancellationToken);
        }

        return _server.IsAway ? "The V0 server does not answer." : null;
    }

    /// <summary>Asks once whether it is there; the log says it when it is not.</summary>
    public Task LookAsync(CancellationToken cancellationToken) => LookAsync(s_askLimit, cancellationToken);

    private async Task LookAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var question = new HttpRequestMessage(HttpMethod.Get, $"{_address.AbsoluteUri.TrimEnd('/')}/api/options/config");
        question.Headers.TryAddWithoutValidation(PassedOnHeader, _mark);
        await _server.AskAsync(question, MaxListBytes, limit, cancellationToken);
    }

    /// <summary>This gateway has passed the request on already: its V0 server is itself, or a gateway whose V0 server it is.</summary>
    public bool IsInCircle(HttpRequest request) =>
        request.Headers[PassedOnHeader].Any(value => value?.Contains(_mark, StringComparison.Ordinal) == true);

    /// <summary>Answers such a request, and says it once.</summary>
    public Task RefuseCircleAsync(HttpContext context)
    {
        if (Interlocked.Exchange(ref _circles, 1) == 0)
        {
            Log.Circle(logger);
        }

        return AnswerAsync(context, StatusCodes.Status508LoopDetected, "The V0 server's address leads back to the gateway");
    }

    public void Dispose() => _server.Dispose();

    /// <param name="endsWithProcess">A poll, which V0 holds open, would keep this process from stopping.</param>
    private async Task ForwardAsync(HttpContext context, Uri? address, bool endsWithProcess)
    {
        if (address is null)
        {
            await AnswerAsync(context, StatusCodes.Status400BadRequest, "Bad request");
            return;
        }

        // Its limits of time are V0's own.
        context.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        var isSocket = ForwardAddress.IsSocket(context);
        metrics.SocketsChanged(isSocket ? 1 : 0);
        try
        {
            var instead = await _server.ForwardAsync(context, address, new V0Transformer(address, _mark), isSocket || endsWithProcess);
            metrics.PassedOn(isAnswered: instead is null);
            if (instead is { } status)
            {
                await AnswerAsync(context, status, status == StatusCodes.Status504GatewayTimeout
                    ? "The V0 server of this conversation has not answered in time"
                    : "The V0 server of this conversation cannot be reached");
            }
        }
        finally
        {
            metrics.SocketsChanged(isSocket ? -1 : 0);
        }
    }

    private async Task<(HttpStatusCode Status, byte[] Body)?> AskAsync(
        HttpRequest asker, string pathAndQuery, CancellationToken cancellationToken)
    {
        using var question = new HttpRequestMessage(HttpMethod.Get, $"{_address.AbsoluteUri.TrimEnd('/')}{pathAndQuery}");
        foreach (var name in s_credentials)
        {
            if (asker.Headers.TryGetValue(name, out var values))
            {
                question.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        ForwardedOrigin.Write(asker.HttpContext, question.Headers);
        question.Headers.TryAddWithoutValidation(PassedOnHeader, [.. asker.Headers[PassedOnHeader], _mark]);
        return await _server.AskAsync(question, MaxListBytes, s_askLimit, cancellationToken);
    }

    private static Task AnswerAsync(HttpContext context, int status, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(
            new JObject { ["detail"] = detail }.ToString(Formatting.None), context.RequestAborted);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The V0 server does not give its list (status {Status}); lists show the gateway's own alone.")]
        public static partial void NotListed(ILogger logger, int status);

        [LoggerMessage(2, LogLevel.Error, "Migration:Route:Old leads back to this gateway: it is no V0 server, and what is passed on to it is refused.")]
        public static partial void Circle(ILogger logger);
    }
}
