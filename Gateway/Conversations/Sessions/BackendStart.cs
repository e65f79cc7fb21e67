namespace Gateway.Conversations.Sessions;

/// <summary>
/// Lets a session's backend run: once, however many ask for it, in a limited time, and bearing its failure. Owned by the session;
/// any thread.
/// </summary>
internal sealed partial class BackendStart(ConversationSession session, IAgentBackend backend, SessionServices services)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;

    /// <summary>Complete when the backend runs, when it has failed to, and when nobody has asked it to.</summary>
    public Task Ended => Volatile.Read(ref _begun) == 0 ? Task.CompletedTask : _ended.Task;

    public void Begin()
    {
        if (Interlocked.Exchange(ref _begun, 1) == 0)
        {
            _ = StartAsync();
        }
    }

    private async Task StartAsync()
    {
        using var limit = new CancellationTokenSource(services.Options.OpenTimeout, services.Clock);
        try
        {
            await backend.StartAsync(session, limit.Token).AsTask().WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!limit.IsCancellationRequested)
        {
            // The session closes.
        }
        catch (Exception exception)
        {
            Log.NotStarted(services.Logger, exception, session.Key.Id);
            session.Post(new SessionCommand.Notify(SessionNotices.Error("The agent did not start.")));
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Conversation {ConversationId}: the agent did not start.")]
        public static partial void NotStarted(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
