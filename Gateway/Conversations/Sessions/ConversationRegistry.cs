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

    // Those that run, opening and closing ones included; and of them those that count against their user's limit.
    private readonly HashSet<ConversationSession> _running = [];
    private readonly HashSet<ConversationSession> _admitted = [];
    private bool _closing;

    /// <summary>As <see cref="IAgentBackendFactory.KnowsConversations"/>.</summary>
    public bool AsksBackend => backends.KnowsConversations;

    /// <summary>The key under which a conversation is kept, however its id is spelled.</summary>
    public ConversationKey Canonical(ConversationKey key) => key with { Id = backends.Canonical(key.Id) };

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

            var opened = await opening.WaitAsync(cancellationToken);
            if (opened.Session is not { } session || session.TryEnter())
            {
                return opened;
            }

            await session.Completion.WaitAsync(cancellationToken);
            Forget(key, opening);
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

        await Task.WhenAny(
            Task.WhenAll(running.Select(static session => session.Completion)), Task.Delay(limit, services.Clock));
    }

    private async Task<OpenedSession> OpenAsync(ConversationKey key)
    {
        // The first await must not run under the caller's lock.
        await Task.Yield();
        var opened = default(OpenedSession);
        try
        {
            opened = await OpenSessionAsync(key);
            return opened;
        }
        finally
        {
            if (opened.Session is null)
            {
                // Those who wait for it hear how it failed; who comes later tries anew.
                lock (_lock)
                {
                    _sessions.Remove(key);
                }
            }
        }
    }

    private async ValueTask<OpenedSession> OpenSessionAsync(ConversationKey key)
    {
        using var limit = new CancellationTokenSource(services.Options.OpenTimeout, services.Clock);
        var log = await store.OpenLogAsync(key, limit.Token).WaitAsync(limit.Token);
        var backend = backends.Create(key);
        var session = new ConversationSession(key, log, backend, services);

        // Ours until somebody else can enter it: it must not close as idle while its backend opens.
        session.TryEnter();
        _ = RunAsync(session);
        var opening = await TryOpenBackendAsync(backend, session, limit.Token);
        if (opening.Refusal is { } refusal)
        {
            session.Post(new SessionCommand.Close(SessionCloseReason.Refused));
            return new OpenedSession(null, refusal);
        }

        MakeRoomFor(session);
        session.Exit();
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

        services.Metrics.SessionOpened();
        try
        {
            await session.RunAsync();
        }
        catch (Exception exception)
        {
            Log.SessionFailed(services.Logger, exception, session.Key.Id);
        }

        services.Metrics.SessionClosed();
        lock (_lock)
        {
            if (_sessions.TryGetValue(session.Key, out var current) && current.IsCompletedSuccessfully && current.Result.Session == session)
            {
                _sessions.Remove(session.Key);
            }

            _running.Remove(session);
            _admitted.Remove(session);
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
    private void MakeRoomFor(ConversationSession opened)
    {
        var limit = services.Options.MaxConcurrentConversations;
        if (limit == 0)
        {
            return;
        }

        List<ConversationSession> surplus;
        lock (_lock)
        {
            var others = _admitted.Where(session => session.Key.UserId == opened.Key.UserId).OrderBy(static session => session.LastUsed).ToList();
            surplus = others[..Math.Max(0, others.Count - limit + 1)];

            // At once: a session takes its time to close, and must not count meanwhile.
            _admitted.ExceptWith(surplus);
            _admitted.Add(opened);
        }

        foreach (var session in surplus)
        {
            session.Post(new SessionCommand.Close(SessionCloseReason.TooManyConversations));
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
