using Gateway.HttpApi.Conventions;

namespace Gateway.HttpApi.Settings;

/// <summary>
/// V0's answer where a user's documents cannot be read: damaged ones, or a store that fails. The log says which, without a trace of the
/// code: that is not what is damaged. Stateless; any thread.
/// </summary>
internal sealed partial class DocumentFailures
{
    private DocumentFailures()
    {
    }

    /// <summary>
    /// A filter of endpoints. As a type of its own it would be made by an expression that is compiled at the start: 40 ms.
    /// </summary>
    public static async ValueTask<object?> FilterAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception exception) when (StoreFailures.Covers(exception))
        {
            Log.NotRead(LoggerOf(context.HttpContext), context.HttpContext.GetEndpoint()?.DisplayName ?? "", exception.Message);
            return ApiAnswer.InternalError;
        }
    }

    /// <summary>
    /// Does what a route does with a user's documents; <paramref name="failed"/> where they cannot be read or written.
    /// </summary>
    public static async Task<IResult> AnswerAsync(HttpContext context, ApiAnswer failed, Func<Task<IResult>> change)
    {
        try
        {
            return await change();
        }
        catch (McpConfigException)
        {
            return ApiAnswer.InternalError;
        }
        catch (Exception exception) when (StoreFailures.Covers(exception))
        {
            Log.NotStored(LoggerOf(context), exception, context.GetEndpoint()?.DisplayName ?? "");
            return failed;
        }
    }

    private static ILogger LoggerOf(HttpContext context) => context.RequestServices.GetRequiredService<ILogger<DocumentFailures>>();

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Route}: a user's settings or secrets cannot be read: {Problem}")]
        public static partial void NotRead(ILogger logger, string route, string problem);

        [LoggerMessage(2, LogLevel.Warning, "{Route}: a user's settings or secrets could not be stored.")]
        public static partial void NotStored(ILogger logger, Exception exception, string route);
    }
}
