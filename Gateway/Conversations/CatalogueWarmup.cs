using Gateway.Conversations.Storage;

namespace Gateway.Conversations;

/// <summary>
/// Has the catalogue look through a large store once the gateway has started, so that the first list of a web UI need not wait for that.
/// One run, owned by the host.
/// </summary>
internal sealed partial class CatalogueWarmup(
    IConversationCatalogue catalogue,
    ConversationsOptions options,
    IHostApplicationLifetime lifetime,
    ILogger<CatalogueWarmup> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        try
        {
            await started.Task.WaitAsync(stoppingToken);
            ConversationId? user = ConversationId.TryParse(options.UserId, out var named) ? named : null;
            var page = await catalogue.ListAsync(user, 0, 0, stoppingToken);
            Log.Read(logger, page.Total);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Whoever asks for a list is told; a store that answers by then is looked through anew.
            Log.NotRead(logger, exception);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops, or could not start.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The store has been looked through: {Count} conversations.")]
        public static partial void Read(ILogger logger, int count);

        [LoggerMessage(2, LogLevel.Information, "The store could not be looked through at start.")]
        public static partial void NotRead(ILogger logger, Exception exception);
    }
}
