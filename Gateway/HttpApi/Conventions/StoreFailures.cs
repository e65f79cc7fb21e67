namespace Gateway.HttpApi.Conventions;

/// <summary>
/// What is said where the store fails in the middle of a request. V0 repeats the system's words, with the paths of its machine; here they
/// are in the log alone. Stateless; any thread.
/// </summary>
internal static partial class StoreFailures
{
    private const string Words = "The store could not be read or written.";

    /// <summary>True for what a store may fail with; not for a request's body that breaks off.</summary>
    public static bool Covers(Exception exception) =>
        exception is IOException and not BadHttpRequestException or UnauthorizedAccessException or InvalidDataException;

    /// <summary>Logs the failure, and gives the words for the one who asked.</summary>
    public static string Tell(HttpContext context, Exception exception)
    {
        var logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(nameof(StoreFailures));
        Log.Failed(logger, exception, context.GetEndpoint()?.DisplayName ?? "");
        return Words;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Route}: the store failed.")]
        public static partial void Failed(ILogger logger, Exception exception, string route);
    }
}
