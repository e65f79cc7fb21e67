using Gateway.Conversations.Handshake;
using Gateway.Conversations.Storage;

namespace Gateway.Conversations.Sessions;

/// <summary>What opening a conversation gave: a session that the caller has entered and must exit, or V0's text of a refusal.</summary>
internal readonly record struct OpenedSession(ConversationSession? Session, string? Refusal = null);

/// <summary>
/// The open sessions, one for each active conversation. Opens them, awaits their end, and keeps each user within the limit.
/// Every member may be called from any thread.
/// </summary>
internal sealed partial class ConversationRegistry(
    IConversationStore store, IAgentBackendFactory backends, SessionServices services)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ConversationKey, Task<OpenedSession>> _sessions = [];
    private readonly HashSet<Task> _running = [];
    private bool _closing;

    /// <summary>
    /// The conversation's session, entered; opened when it is not open yet. One that is just closing is waited for and opened anew.
    /// Disk errors are thrown.
    /// </summary>
    public async Task<OpenedSession> EnterAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task<OpenedSession> opening;
            lock (_lock)
            {
                if (_closing)
                {
                    return new OpenedSession(null, ConnectRefusals.JoinFailed);
                }

                if (!_sessions.TryGetValue(key, out opening!))
                {
                    opening = OpenAsync(key);
                    _sessions.Add(key, opening);
                }
            }

            OpenedSession opened;
            try
            {
                opened = await opening.WaitAsync(cancellationToken);
            }
            catch (Exception) when (opening.IsFaulted)
            {
                Forget(key, opening);
                throw;
            }

            if (opened.Session is not { } session)
            {
                Forget(key, opening);
                return opened;
            }

            if (session.TryEnter())
            {
                return opened;
            }

            await session.Completion.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The conversation's session if it is open, not entered: for looking at. True as long as one is open or opening.</summary>
    public bool TryFind(ConversationKey key, out ConversationSession? session)
    {
        lock (_lock)
        {
            var isKnown = _sessions.TryGetValue(key, out var opening);
            session = opening is { IsCompletedSuccessfully: true } ? opening.Result.Session : null;
            return isKnown;
        }
    }

    /// <summary>Ends every session and waits for them, at most <paramref name="limit"/>. None opens from now on.</summary>
    public async Task CloseAllAsync(TimeSpan limit)
    {
        Task[] running;
        Task<OpenedSession>[] sessions;
        lock (_lock)
        {
            _closing = true;
            running = [.. _running];
            sessions = [.. _sessions.Values];
        }

        foreach (var opening in sessions)
        {
            if (opening.IsCompletedSuccessfully && opening.Result.Session is { } session)
            {
                session.Post(new SessionCommand.Close(SessionCloseReason.ServerShutdown));
            }
        }

        await Task.WhenAny(Task.WhenAll(running), Task.Delay(limit, services.Clock));
    }

    private async Task<OpenedSession> OpenAsync(ConversationKey key)
    {
        // The first await must not run under the caller's lock.
        await Task.Yield();
        using var limit = new CancellationTokenSource(services.Options.OpenTimeout, services.Clock);
        var log = await store.OpenLogAsync(key, limit.Token);
        var backend = backends.Create(key);
        var session = new ConversationSession(key, log, backend, services);
        MakeRoom(key, session);
        var ended = RunAsync(session);
        lock (_lock)
        {
            _running.Add(ended);
        }

        var opening = await TryOpenBackendAsync(backend, session, limit.Token);
        if (opening.Refusal is { } refusal)
        {
            session.Post(new SessionCommand.Close(SessionCloseReason.Refused));
            return new OpenedSession(null, refusal);
        }

        return new OpenedSession(session);
    }

    private async ValueTask<BackendOpening> TryOpenBackendAsync(
        IAgentBackend backend, ConversationSession session, CancellationToken cancellationToken)
    {
        try
        {
            return await backend.OpenAsync(session, cancellationToken).AsTask().WaitAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            Log.BackendNotOpened(services.Logger, exception, session.Key.Id);
            return BackendOpening.Refused(ConnectRefusals.JoinFailed);
        }
    }

    private async Task RunAsync(ConversationSession session)
    {
        services.Metrics.SessionOpened();
        await session.RunAsync();
        services.Metrics.SessionClosed();
        lock (_lock)
        {
            if (_sessions.TryGetValue(session.Key, out var current) && current.IsCompletedSuccessfully && current.Result.Session == session)
            {
                _sessions.Remove(session.Key);
            }

            _running.RemoveWhere(static task => task.IsCompleted);
        }

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

    /// <summary>Closes those sessions of the user that were used least recently, so that with this one there are no more than allowed.</summary>
    private void MakeRoom(ConversationKey key, ConversationSession opening)
    {
        var limit = services.Options.MaxConcurrentConversations;
        if (limit == 0)
        {
            return;
        }

        ConversationSession[] oldestFirst;
        lock (_lock)
        {
            oldestFirst = [.. _sessions.Values
                .Where(static task => task.IsCompletedSuccessfully)
                .Select(static task => task.Result.Session)
                .OfType<ConversationSession>()
                .Where(session => session != opening && session.Key.UserId == key.UserId)
                .OrderBy(static session => session.LastUsed)];
        }

        foreach (var session in oldestFirst.Take(Math.Max(0, oldestFirst.Length - limit + 1)))
        {
            session.Post(new SessionCommand.Close(SessionCloseReason.TooManyConversations));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Conversation {ConversationId}: the agent did not open.")]
        public static partial void BackendNotOpened(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
