using System.Diagnostics;

using Gateway.Conversations.Connect;
using Gateway.Conversations.Storage;

namespace Gateway.Conversations.Runtime;

/// <summary>How a session is opened.</summary>
internal sealed partial class ConversationRegistry
{
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
        using var limit = new CancellationTokenSource(context.Options.OpenTimeout, context.TimeProvider);
        var (session, backend) = await BeginAsync(key, limit.Token);
        var opening = await TryOpenBackendAsync(backend, session, limit.Token);
        if (opening.Refusal is { } refusal)
        {
            session.Post(new SessionCommand.Close(SessionCloseReason.Refused));
            return new OpenedSession(null, refusal);
        }

        _limit.Opened(session);
        session.Release();
        return new OpenedSession(session);
    }

    /// <summary>The session, which runs, and has the conversation's claim.</summary>
    private async ValueTask<(ConversationSession Session, IAgentBackend Backend)> BeginAsync(
        ConversationKey key, CancellationToken cancellationToken)
    {
        // Before the log is looked at: what another process has stored by then is in it.
        var claim = await context.Gateways.Claims.TakeAsync(key, cancellationToken);
        try
        {
            var log = await OpenLogAsync(key, cancellationToken).WaitAsync(cancellationToken);
            var agent = await known.AgentOfAsync(key, cancellationToken).AsTask().WaitAsync(cancellationToken);
            var backend = context.Gateways.AreShared ? new AgentOwnership(key, agent, context, _limit) : agent.Create(key);
            return (Run(key, (log, claim), backend, agent.Version), backend);
        }
        catch
        {
            await claim.DisposeAsync();
            throw;
        }
    }

    /// <summary>The session, which runs. Its trace is not that of who opens it: it goes on when that is over.</summary>
    private ConversationSession Run(
        ConversationKey key, (IEventLog Log, IConversationClaim Claim) opened, IAgentBackend backend, string version)
    {
        var opener = Activity.Current;
        Activity.Current = null;
        var session = new ConversationSession(key, opened.Log, backend, context) { Version = version };

        // Ours until somebody else can acquire it: it must not close as idle while its backend opens.
        session.TryAcquire();
        _ = RunAsync(session, backend as AgentOwnership, opened.Claim);
        Activity.Current = opener;
        return session;
    }

    private async Task<IEventLog> OpenLogAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        // A store that blocks keeps the thread that asks it: not the opening, which must end in time and leave the next one free.
        await Task.Yield();
        return await logs.OpenAsync(key, cancellationToken);
    }

    private async ValueTask<BackendOpening> TryOpenBackendAsync(
        IAgentBackend backend, ConversationSession session, CancellationToken cancellationToken)
    {
        try
        {
            return await backend.OpenAsync(session, cancellationToken).AsTask().WaitAsync(cancellationToken);
        }
        catch (StorageException exception) when (exception.Failure == StorageFailure.Deleted)
        {
            // By another gateway, since it was looked for.
            return BackendOpening.Refused(ConnectRefusals.JoinFailed);
        }
        catch (OperationCanceledException) when (session.IsClosing)
        {
            // It was told to close while it opened.
            return BackendOpening.Refused(ConnectRefusals.JoinFailed);
        }
        catch (Exception exception)
        {
            Log.BackendNotOpened(context.Logger, exception, session.Key.Id);
            return BackendOpening.Refused(ConnectRefusals.JoinFailed);
        }
    }
}
