using System.Diagnostics;

using Gateway.Conversations.Storage;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// Lets a session's backend run: once, however many ask for it, in a limited time, and bearing its failure. Owned by the session;
/// any thread.
/// </summary>
internal sealed partial class BackendStart(ConversationSession session, IAgentBackend backend, SessionContext context)
{
    private const int ByClient = 1;
    private const int ByServer = 2;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;

    /// <summary>Complete when the backend runs, when it has failed to, and when nobody has asked it to.</summary>
    public Task Ended => Volatile.Read(ref _begun) == 0 ? Task.CompletedTask : _ended.Task;

    /// <summary>Who has begun it: the server itself, or a client's connect.</summary>
    public bool IsByServer => Volatile.Read(ref _begun) == ByServer;

    public void Begin(bool byServer)
    {
        if (Interlocked.CompareExchange(ref _begun, byServer ? ByServer : ByClient, 0) == 0)
        {
            _ = StartAsync();
        }
    }

    private async Task StartAsync()
    {
        // The agent's loops go on when the CONNECT that began them is over: they are no part of its trace.
        Activity.Current = null;
        using var limit = new CancellationTokenSource(context.Options.OpenTimeout, context.TimeProvider);
        try
        {
            await backend.StartAsync(session, limit.Token).AsTask().WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!limit.IsCancellationRequested)
        {
            // The session closes.
        }
        catch (StorageException exception) when (exception.Failure is StorageFailure.Deleted or StorageFailure.TakenOver)
        {
            // At another gateway: the session has heard of it, or will. Whoever has the agent now starts it.
        }
        catch (Exception exception)
        {
            Log.NotStarted(context.Logger, exception, session.Key.Id);
            session.Post(new SessionCommand.Notify(TransientMessages.Error("The agent did not start.")));
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
