using System.Diagnostics;
using System.Runtime.ExceptionServices;

using Gateway.Conversations.Connect;
using Gateway.Conversations.Storage;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// What opening a conversation gave: a session that is held open for the caller, who releases it; or V0's text of a refusal.
/// </summary>
internal readonly record struct OpenedSession(ConversationSession? Session, string? Refusal = null);

/// <summary>Sessions that have been told to close.</summary>
/// <param name="LogsClosed">Complete when all that they had taken is stored, and nothing follows.</param>
/// <param name="Ended">Complete when their agents have ended too.</param>
internal readonly record struct ClosingSessions(Task LogsClosed, Task Ended);

/// <summary>
/// The open sessions, one for each active conversation. Opens them, awaits their end, and keeps each user within the limit.
/// Every member may be called from any thread.
/// </summary>
internal sealed partial class ConversationRegistry(
    IEventLogStore logs, KnownConversations known, SessionContext context)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ConversationKey, Task<OpenedSession>> _sessions = [];

    // Those that run, opening and closing ones included.
    private readonly HashSet<ConversationSession> _running = [];
    private readonly ConversationLimit _limit = new(context);
    private bool _closing;
    private bool _opensNone;

    /// <summary>
    /// The conversation's session, held open for the caller, or V0's text of a refusal. One that is not open is opened where
    /// <paramref name="opens"/> says so; null when it is not. Null as well when it was just closing, which has been waited for: it may have
    /// been deleted, so the caller makes sure of it before it is opened anew. Errors of the store are thrown.
    /// </summary>
    public async Task<OpenedSession?> TryAcquireAsync(ConversationKey key, bool opens, CancellationToken cancellationToken)
    {
        Task<OpenedSession>? opening;
        lock (_lock)
        {
            if (_closing)
            {
                return new OpenedSession(null, ConnectRefusals.Draining);
            }

            if (!_sessions.TryGetValue(key, out opening))
            {
                if (!opens)
                {
                    return null;
                }

                if (_opensNone)
                {
                    return new OpenedSession(null, ConnectRefusals.Draining);
                }

                opening = OpenAsync(key);
                _sessions.Add(key, opening);
            }
        }

        var wasOpen = opening.IsCompleted;
        var opened = await opening.WaitAsync(cancellationToken);
        if (opened.Session is not { } session || session.TryAcquire())
        {
            return opened;
        }

        if (!wasOpen && session.ClosesFor(SessionCloseReason.TooManyConversations))
        {
            // Others were opened at the same time, and this one gave way. Opened anew it would be the youngest, and they would.
            return new OpenedSession(null, ConnectRefusals.JoinFailed);
        }

        await session.Completion.WaitAsync(cancellationToken);
        Forget(key, opening);
        return null;
    }

    /// <summary>For a metric that somebody reads, not for each request.</summary>
    public ConversationFigures Measure()
    {
        var running = ListRunning();
        var (clients, lag, fullest) = (0L, 0L, 0d);
        foreach (var session in running)
        {
            clients += session.ClientCount;
            lag = Math.Max(lag, session.LargestLag);
            fullest = Math.Max(fullest, session.QueueUtilization);
        }

        return new ConversationFigures(running.Count, clients, lag, fullest);
    }

    /// <summary>The conversation's session if it is open, not acquired: for looking at.</summary>
    public ConversationSession? FindOpen(ConversationKey key)
    {
        lock (_lock)
        {
            return _sessions.GetValueOrDefault(key) is { IsCompletedSuccessfully: true } opening ? opening.Result.Session : null;
        }
    }

    /// <summary>The sessions that run now, opening and closing ones included: a copy, for looking at.</summary>
    public IReadOnlyList<ConversationSession> ListRunning()
    {
        lock (_lock)
        {
            return [.. _running];
        }
    }

    public SessionStatus StatusOf(ConversationKey key)
    {
        lock (_lock)
        {
            if (!_sessions.TryGetValue(key, out var opening))
            {
                return new SessionStatus(SessionState.Closed);
            }

            return opening is { IsCompletedSuccessfully: true, Result.Session: { } session }
                ? new SessionStatus(SessionState.Open, session.ClientCount, session.UpstreamState, session.LastActive)
                : new SessionStatus(SessionState.Opening);
        }
    }

    /// <summary>
    /// Ends the conversation's session, if there is one, and waits for its end. Then <paramref name="whileClosed"/> runs, and whoever wants
    /// to open the conversation meanwhile is refused when it has ended. False when there was no session. When other gateways cannot be told
    /// that throws: without <paramref name="whileClosed"/> after the session here has ended, else before.
    /// </summary>
    public async Task<bool> CloseAsync(
        ConversationKey key, SessionCloseReason reason, Func<Task>? whileClosed, CancellationToken cancellationToken)
    {
        var wasElsewhere = false;
        ExceptionDispatchInfo? problem = null;
        try
        {
            wasElsewhere = await context.Gateways.CloseElsewhereAsync(key, reason, cancellationToken);
        }
        catch (IOException exception) when (whileClosed is null)
        {
            // What is here closes all the same; then the caller hears that others do not know.
            problem = ExceptionDispatchInfo.Capture(exception);
        }

        var claim = new TaskCompletionSource<OpenedSession>(TaskCreationOptions.RunContinuationsAsynchronously);
        var wasOpen = false;
        while (TryClaim(key, whileClosed is null ? null : claim.Task) is { } current)
        {
            wasOpen |= await CloseOneAsync(current, reason, cancellationToken);
            Forget(key, current);
        }

        problem?.Throw();
        try
        {
            if (wasElsewhere)
            {
                await context.Gateways.ClosedElsewhereAsync(key, context.TimeProvider, cancellationToken);
            }

            if (whileClosed is not null)
            {
                await whileClosed();
            }
        }
        finally
        {
            // The claim, if there is one, is given back however this ends: whoever wants the conversation waits for it.
            if (whileClosed is not null)
            {
                Forget(key, claim.Task);
                claim.SetResult(new OpenedSession(null, ConnectRefusals.JoinFailed));
            }
        }

        return wasOpen || wasElsewhere;
    }

    /// <summary>
    /// No session opens from now on; those that are open go on. Completes when those that were being opened are, or are not.
    /// </summary>
    public async Task StopOpeningAsync(CancellationToken cancellationToken)
    {
        Task[] opening;
        lock (_lock)
        {
            _opensNone = true;
            opening = [.. _sessions.Values.Where(static opening => !opening.IsCompleted)];
        }

        await Task.WhenAll(opening).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Tells every session to close, after the commands it has taken. None opens from now on.</summary>
    public ClosingSessions CloseAll()
    {
        ConversationSession[] running;
        lock (_lock)
        {
            _closing = true;
            running = [.. _running];
        }

        foreach (var session in running)
        {
            session.Post(new SessionCommand.Close(SessionCloseReason.ServerShutdown));
        }

        return new ClosingSessions(
            Task.WhenAll(running.Select(static session => session.LogClosed)),
            Task.WhenAll(running.Select(static session => session.Completion)));
    }

    /// <summary>
    /// What stands in the way of the claim; null when nothing does, and the claim, if there is one, has the conversation's place.
    /// </summary>
    private Task<OpenedSession>? TryClaim(ConversationKey key, Task<OpenedSession>? claim)
    {
        lock (_lock)
        {
            if (_sessions.TryGetValue(key, out var current))
            {
                return current;
            }

            if (claim is not null)
            {
                _sessions.Add(key, claim);
            }

            return null;
        }
    }

    private static async Task<bool> CloseOneAsync(Task<OpenedSession> opening, SessionCloseReason reason,
        CancellationToken cancellationToken)
    {
        await Task.WhenAny(opening).WaitAsync(cancellationToken);
        if (!opening.IsCompletedSuccessfully || opening.Result.Session is not { } session)
        {
            // Whoever opened it hears how it failed.
            return false;
        }

        session.Post(new SessionCommand.Close(reason));
        await session.Completion.WaitAsync(cancellationToken);
        return true;
    }

    private async Task RunAsync(ConversationSession session, AgentOwnership? ownership, IConversationClaim claim)
    {
        bool isClosing;
        lock (_lock)
        {
            _running.Add(session);
            isClosing = _closing;
        }

        if (isClosing)
        {
            session.Post(new SessionCommand.Close(SessionCloseReason.ServerShutdown));
        }

        try
        {
            await session.RunAsync();
        }
        catch (Exception exception)
        {
            Log.SessionFailed(context.Logger, exception, session.Key.Id);
        }

        await (ownership?.ReleaseAsync() ?? ValueTask.CompletedTask);
        await claim.DisposeAsync();

        lock (_lock)
        {
            if (_sessions.TryGetValue(session.Key, out var current) && current.IsCompletedSuccessfully && current.Result.Session == session)
            {
                _sessions.Remove(session.Key);
            }

            _running.Remove(session);
        }

        _limit.Ended(session);
        session.Complete();
    }

    private void Forget(ConversationKey key, Task<OpenedSession> opening)
    {
        lock (_lock)
        {
            if (_sessions.TryGetValue(key, out var current) && current == opening)
            {
                _sessions.Remove(key);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Conversation {ConversationId}: the agent did not open.")]
        public static partial void BackendNotOpened(ILogger logger, Exception exception, ConversationId conversationId);

        [LoggerMessage(2, LogLevel.Error, "Conversation {ConversationId}: its session has failed.")]
        public static partial void SessionFailed(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
