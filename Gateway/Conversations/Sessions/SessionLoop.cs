using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Sessions;

/// <summary>
/// The owner of a session's state: the order of the log, the members of the room, the wait for the first client, the end. One
/// task runs it; only <see cref="ClientCount"/>, <see cref="JoinCount"/> and <see cref="Tail"/> may be read by others.
/// </summary>
internal sealed partial class SessionLoop
{
    // So many commands are done before the clients are woken, even if there are always more.
    private const int MaxCommandsPerWake = 64;

    private static readonly TimeSpan s_drainLimit = TimeSpan.FromSeconds(5);

    private readonly ConversationSession _session;
    private readonly IAgentBackend _backend;
    private readonly SessionServices _services;
    private readonly HashSet<Cursor> _members = [];
    private readonly FirstClientWait _firstWait;
    private readonly ITimer _idleTimer;
    private volatile int _clientCount;
    private volatile int _joinCount;

    public SessionLoop(ConversationSession session, IAgentBackend backend, SessionServices services)
    {
        _session = session;
        _backend = backend;
        _services = services;
        _firstWait = new FirstClientWait(
            services.Options.ClientWaitTimeout,
            services.Options.MaxPendingNotices,
            services.Clock,
            () => session.Post(new SessionCommand.FirstWaitOver()));
        _idleTimer = services.Clock.CreateTimer(
            static state => ((ConversationSession)state!).Post(new SessionCommand.CloseIfIdle()),
            session,
            services.Options.CloseDelay,
            Timeout.InfiniteTimeSpan);
    }

    public int ClientCount => _clientCount;

    public int JoinCount => _joinCount;

    public LiveTail Tail { get; } = new();

    private IEventLog EventLog => _session.Log;

    public async Task RunAsync()
    {
        var reader = _session.Commands;
        var reason = SessionCloseReason.ServerShutdown;
        Log.Opened(_services.Logger, _session.Key.Id, EventLog.Head);
        while (await reader.WaitToReadAsync())
        {
            var head = EventLog.Head;
            for (var done = 0; done < MaxCommandsPerWake && reader.TryRead(out var command); done++)
            {
                reason = await TryDoAsync(command) ?? reason;
            }

            if (EventLog.Head != head)
            {
                WakeMembers();
            }
        }

        await EndAsync(reason);
        Log.Closed(_services.Logger, _session.Key.Id, reason);
    }

    /// <summary>Does one command; the reason when it is the session's last. What goes wrong harms that command alone.</summary>
    private async ValueTask<SessionCloseReason?> TryDoAsync(SessionCommand command)
    {
        try
        {
            switch (command)
            {
                case SessionCommand.Append append:
                    await AppendAsync(append);
                    break;
                case SessionCommand.Notify notify:
                    Notify(notify.Json);
                    break;
                case SessionCommand.Join join:
                    Join(join.Cursor);
                    break;
                case SessionCommand.Leave leave:
                    Leave(leave.Cursor);
                    break;
                case SessionCommand.FirstWaitOver:
                    Log.NoFirstClient(_services.Logger, _session.Key.Id, _firstWait.End());
                    break;
                case SessionCommand.CloseIfIdle:
                    return CloseIfIdle();
                case SessionCommand.Close close when _session.TryStopEntering(close.Reason):
                    return close.Reason;
            }
        }
        catch (Exception exception)
        {
            Log.CommandFailed(_services.Logger, exception, _session.Key.Id, command.GetType().Name);
        }

        return null;
    }

    private async ValueTask AppendAsync(SessionCommand.Append append)
    {
        StoredEvent stored;
        try
        {
            stored = await StoreAsync(append.Draft, append.Source);
        }
        catch (Exception exception)
        {
            append.Stored.TrySetException(exception);
            throw;
        }

        Publish(stored);
        append.Stored.TrySetResult(stored.Id);
        if (append.ByClient)
        {
            await TellBackendAsync(stored);
        }
    }

    private async ValueTask<StoredEvent> StoreAsync(JObject draft, EventSource source)
    {
        while (true)
        {
            var id = EventLog.Head + 1;
            var json = _services.Writer.Write(id, source, draft);
            if (await EventLog.TryAppendAsync(id, json, CancellationToken.None))
            {
                _services.Metrics.Appended();
                return StoredEvent.Scan(id, json);
            }

            // Another process has written this id meanwhile (V0 beside us): its event stays, ours takes the next one.
            Log.IdTaken(_services.Logger, _session.Key.Id, id);
        }
    }

    private void Publish(in StoredEvent stored)
    {
        if (_members.Count == 0)
        {
            // Nobody to share the bytes with; who comes later reads the store.
            return;
        }

        Tail.Add(stored.Id, EventFrames.Live(stored));
    }

    private async ValueTask TellBackendAsync(StoredEvent stored)
    {
        try
        {
            await _backend.OnStoredAsync(stored, CancellationToken.None);
        }
        catch (Exception exception)
        {
            Log.BackendFailed(_services.Logger, exception, _session.Key.Id, stored.Id);
            Notify(SessionNotices.Error("The agent could not take the action; it is stored."));
        }
    }

    private void Notify(JObject json)
    {
        var notice = new Notice(EventFrames.Notice(json), EventLog.Head);
        if (_firstWait.TryHold(notice, _members.Count > 0))
        {
            return;
        }

        foreach (var member in _members)
        {
            member.Notify(notice);
        }
    }

    private void Join(Cursor cursor)
    {
        _members.Add(cursor);
        _clientCount = _members.Count;
        _joinCount++;
        foreach (var notice in _firstWait.Release())
        {
            cursor.Notify(notice);
        }

        cursor.GoLive();
    }

    private void Leave(Cursor cursor)
    {
        _members.Remove(cursor);
        _clientCount = _members.Count;
        if (_members.Count == 0)
        {
            _idleTimer.Change(_services.Options.CloseDelay, Timeout.InfiniteTimeSpan);
        }
    }

    private void WakeMembers()
    {
        foreach (var member in _members)
        {
            member.Wake();
        }
    }

    private SessionCloseReason? CloseIfIdle()
    {
        var unused = _services.Clock.GetElapsedTime(_session.LastUsed);
        if (!_backend.IsBusy && unused >= _services.Options.CloseDelay && _session.TryStopEntering(SessionCloseReason.Idle))
        {
            return SessionCloseReason.Idle;
        }

        var again = _services.Options.CloseDelay - unused;
        _idleTimer.Change(again > TimeSpan.Zero ? again : _services.Options.CloseDelay, Timeout.InfiniteTimeSpan);
        return null;
    }

    /// <summary>Tells the room, gives each member a limited time to hear it, and lets go of everything.</summary>
    private async ValueTask EndAsync(SessionCloseReason reason)
    {
        WakeMembers();
        if (reason is not SessionCloseReason.ServerShutdown)
        {
            foreach (var json in SessionNotices.Closing(reason))
            {
                Notify(json);
            }

            var members = _members.ToArray();
            foreach (var member in members)
            {
                member.Finish();
            }

            await Task.WhenAny(Task.WhenAll(members.Select(static member => member.Ended)), Task.Delay(s_drainLimit, _services.Clock));
            foreach (var member in members)
            {
                member.Abandon();
            }
        }

        _firstWait.End();
        await _idleTimer.DisposeAsync();
        try
        {
            await DisposeBackendAsync().WaitAsync(s_drainLimit, _services.Clock);
        }
        catch (Exception exception)
        {
            Log.BackendNotEnded(_services.Logger, exception, _session.Key.Id);
        }
    }

    private async Task DisposeBackendAsync()
    {
        await _session.StartEnded;
        await _backend.DisposeAsync();
    }
}
