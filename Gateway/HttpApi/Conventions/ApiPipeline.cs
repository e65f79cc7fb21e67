using Gateway.Conversations.Storage;
using Gateway.Primitives;

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Gateway.HttpApi.Conventions;

/// <summary>
/// What holds for every HTTP answer but those of <c>/socket.io</c>, in V0's order: the limit of requests, headers for pages of other
/// origins, no caching, and one answer for whatever a route did not expect. Any thread. Source: PROTOCOL.md, "V0 REST".
/// </summary>
internal sealed partial class ApiPipeline(
    RequestDelegate next, HttpApiOptions options, CrossOriginPolicy crossOrigin, RequestRate rate, TimeProvider timeProvider,
        ILogger<ApiPipeline> logger)
{
    private const string NoCache = "no-cache, no-store, must-revalidate, max-age=0";

    private static readonly byte[] s_tooManyRequests = """{"message":"Too many requests"}"""u8.ToArray();

    public async Task InvokeAsync(HttpContext context)
    {
        SecurityHeaders.SetOn(context.Response);
        if (!await TryAdmitAsync(context))
        {
            return;
        }

        SetNoCache(context.Response.Headers);
        LimitBody(context);
        if (await crossOrigin.ApplyAsync(context))
        {
            return;
        }

        try
        {
            await next(context);
            await EndUnansweredAsync(context);
        }
        catch (Exception exception) when (IsOver(context, exception))
        {
            // The client has left, or the server stops: nobody reads an answer. Kestrel is told, or it would look for the rest of the body,
            // fail to read on from a connection that is gone, and log that as an error.
            context.Abort();
        }
        catch (BadHttpRequestException exception)
        {
            // A body that is too large, or cut.
            await AnswerInsteadAsync(context, ApiAnswer.Detail(exception.StatusCode, Words(exception.StatusCode)));
            if (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
            {
                await UnreadBody.DiscardAsync(context, timeProvider);
            }
        }
        catch (Exception exception)
        {
            var route = context.GetEndpoint()?.DisplayName ?? "no route";
            if (exception is StorageException { IsSaid: true } storage)
            {
                Log.StoreFailed(logger, context.Request.Method, route, SmallWords.Of(storage.Failure));
            }
            else
            {
                Log.Failed(logger, exception, context.Request.Method, route);
            }

            await AnswerInsteadAsync(context, ApiAnswer.InternalError);
        }
    }

    /// <summary>The answer to a request that ran out of time, and is cancelled therefore: V0's to whatever failed.</summary>
    public static Task AnswerTimeoutAsync(HttpContext context) => ApiAnswer.InternalError.WriteAsync(context, CancellationToken.None);

    private async ValueTask<bool> TryAdmitAsync(HttpContext context)
    {
        // A balancer asks from the same address as all of its clients; V0's own /health is counted.
        if (!options.RateLimit || context.Request.Path.StartsWithSegments("/assets")
            || (context.Request.Path.StartsWithSegments("/health", out var question) && question.HasValue))
        {
            return true;
        }

        switch (rate.Count(context.Connection.RemoteIpAddress))
        {
            case RateDecision.Answer:
                return true;
            case RateDecision.Wait:
                await Task.Delay(RequestRate.Window, timeProvider, context.RequestAborted).ContinueWith(
                    static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                return !context.RequestAborted.IsCancellationRequested;
            default:
                context.Response.Headers.RetryAfter = "1";
                await new ApiAnswer(StatusCodes.Status429TooManyRequests, s_tooManyRequests, "application/json").ExecuteAsync(context);
                return false;
        }
    }

    /// <summary>Who reads the body may hear of the connection's end before the token does.</summary>
    private static bool IsOver(HttpContext context, Exception exception) =>
        exception is ConnectionResetException or OperationCanceledException { InnerException: ConnectionAbortedException }
        || (exception is OperationCanceledException && context.RequestAborted.IsCancellationRequested);

    /// <summary>Routing ends a wrong method without a word; what no route knows ends here.</summary>
    private static Task EndUnansweredAsync(HttpContext context)
    {
        if (context.Response.HasStarted || context.Response.ContentType is not null)
        {
            return Task.CompletedTask;
        }

        return context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => ApiAnswer.NotFound.ExecuteAsync(context),
            StatusCodes.Status405MethodNotAllowed => ApiAnswer.MethodNotAllowed.ExecuteAsync(context),
            _ => Task.CompletedTask,
        };
    }

    private static async Task AnswerInsteadAsync(HttpContext context, ApiAnswer answer)
    {
        if (context.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
            return;
        }

        context.Response.Clear();
        context.Response.Headers[HeaderNames.Connection] = "close";
        await answer.ExecuteAsync(context);
    }

    /// <summary>A route that takes more, or less, says so itself (<see cref="BodyLimit"/>).</summary>
    private void LimitBody(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = options.MaxBodyBytes;
        }
    }

    private static void SetNoCache(IHeaderDictionary headers)
    {
        headers.CacheControl = NoCache;
        headers.Pragma = "no-cache";
        headers.Expires = "0";
    }

    private static string Words(int status) => status == StatusCodes.Status413PayloadTooLarge ? "Request body too large" : "Bad request";

    private static partial class Log
    {
        // The route, not the path: a path may hold what its sender would not want to read in a log.
        [LoggerMessage(2, LogLevel.Debug, "{Method} {Route} failed with the store: {Reason}.")]
        public static partial void StoreFailed(ILogger logger, string method, string route, string reason);

        [LoggerMessage(1, LogLevel.Error, "{Method} {Route} failed.")]
        public static partial void Failed(ILogger logger, Exception exception, string method, string route);
    }
}
