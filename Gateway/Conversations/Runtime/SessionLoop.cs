using System.Diagnostics;

using Gateway.Conversations.Events;
using Gateway.Conversations.Replay;
using Gateway.Conversations.Storage;
using Gateway.Primitives;
using Gateway.SocketIO;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// The owner of a session's state: the order of the log, the members of the room, the wait for the first client, the end. One
/// task runs it; only <see cref="ClientCount"/>, <see cref="JoinCount"/>, <see cref="LargestLag"/>, <see cref="LastActive"/>,
/// <see cref="ListSockets"/>, <see cref="TitleGiven"/>, <see cref="Shared"/> and <see cref="NewestState"/> may be used by others.
/// </summary>
internal sealed partial class SessionLoop
{
    // So many commands are done before the clients are woken, even if there are always more.
    private const int MaxCommandsPerWake = 64;

    private static readonly TimeSpan s_drainLimit = TimeSpan.FromSeconds(5);

    private readonly ConversationSession _session;
    private readonly IAgentBackend _backend;
    private readonly SessionContext _context;
    private readonly RoomMembers _members = new();
    private readonly FirstClientWait _firstWait;
    private readonly ConversationActivity _activity;
    private readonly ITimer _idleTimer;
    private readonly LogFollower _follower;
    private readonly SessionAppends _appends;
    private bool _isGrown;
    private volatile int _clientCount;
    private volatile int _joinCount;

    public SessionLoop(ConversationSession session, IAgentBackend backend, SessionContext context)
    {
        _session = session;
        _backend = backend;
        _context = context;
        Shared = new SharedReads(
            session.Log,
            new RecentEventCache(context.RecentEvents),
            new RecentReplay(context.RecentEvents, context.TimeProvider),
            new NewestAgentState());
        _activity = new ConversationActivity(session, context, makesTitle: !backend.NamesConversation);
        _follower = new LogFollower(session, backend, context, _members, Publish, Notify);
        _appends = new SessionAppends(session, backend, context, _follower, _activity, Publish);
        _firstWait = new FirstClientWait(
            context.Options.ClientWaitTimeout,
            context.Options.MaxPendingTransientMessages,
            context.TimeProvider,
            () => session.Post(new SessionCommand.FirstWaitOver()));
        _idleTimer = context.TimeProvider.CreateTimer(
            static state => ((ConversationSession)state!).Post(new SessionCommand.CloseIfIdle()),
            session,
            context.Options.CloseDelay,
            Timeout.InfiniteTimeSpan);
    }

    public int ClientCount => _clientCount;

    public int JoinCount => _joinCount;

    /// <summary>Events that the member furthest behind has not been sent.</summary>
    public int LargestLag => _members.LargestLag(EventLog.Head);

    public IReadOnlyList<SocketConnection> ListSockets() => _members.ListSockets();

    /// <summary>As <see cref="ConversationActivity.LastActive"/>.</summary>
    public DateTimeOffset? LastActive => _activity.LastActive;

    /// <summary>As <see cref="ConversationActivity.TitleGiven"/>. Any thread.</summary>
    public void TitleGiven() => _activity.TitleGiven();

    /// <summary>What cursors read from.</summary>
    public SharedReads Shared { get; }

    public NewestAgentState NewestState => Shared.NewestState;

    private RecentEventCache Recent => Shared.Recent;

    private IEventLog EventLog => _session.Log;

    public async Task RunAsync()
    {
        var reader = _session.Commands;
        var reason = SessionCloseReason.ServerShutdown;
        Recent.Shown(EventLog.Head);
        _follower.Begin(Recent.ShownThrough);
        Log.Opened(_context.Logger, _session.Key.Id, Recent.ShownThrough);
        using var watch = EventLog.Watch(() => _session.Post(new SessionCommand.LogGrown()));
        while (await reader.WaitToReadAsync())
        {
            for (var done = 0; done < MaxCommandsPerWake && reader.TryRead(out var command); done++)
            {
                reason = await TryDoAsync(command) ?? reason;
            }

            // Asked again and again while clients act here and elsewhere: whoever has seen the head is not woken for it again.
            var head = EventLog.Head;
            var isNew = head != Recent.ShownThrough;
            if (_isGrown || isNew)
            {
                _isGrown = false;
                await _appends.TryFindUnansweredAsync(head);
                await _follower.CatchUpAsync(head);
                if (isNew)
                {
                    WakeMembers(head);
                }
            }
        }

        await EndAsync(reason);
        Log.Closed(_context.Logger, _session.Key.Id, SmallWords.Of(reason));
    }

    /// <summary>Does one command; the reason when it is the session's last. What goes wrong harms that command alone.</summary>
    private async ValueTask<SessionCloseReason?> TryDoAsync(SessionCommand command)
    {
        try
        {
            switch (command)
            {
                case SessionCommand.Append append:
                    await _appends.AppendAsync(
                        EventLog.AppendsTogether ? append.WithThoseBehind(_session.Commands, MaxCommandsPerWake) : [append],
                        Recent.Appends);
                    break;
                case SessionCommand.AppendAll append:
                    await _appends.AppendAllAsync(append, Recent.Appends);
                    break;
                case SessionCommand.Notify notify:
                    Notify(notify.Json);
                    break;
                case SessionCommand.Show show:
                    Show(show.Json, show.AfterId, show.Waits);
                    break;
                case SessionCommand.JoinedElsewhere:
                    _firstWait.End();
                    break;
                case SessionCommand.Join join:
                    Join(join.Cursor);
                    break;
                case SessionCommand.Leave leave:
                    Leave(leave.Cursor);
                    break;
                case SessionCommand.LogGrown:
                    _isGrown = true;
                    break;
                case SessionCommand.Follow follow:
                    await _follower.FollowAsync(follow.AfterId);
                    break;
                case SessionCommand.FirstWaitOver:
                    Log.NoFirstClient(_context.Logger, _session.Key.Id, _firstWait.End());
                    break;
                case SessionCommand.CloseIfIdle:
                    return CloseIfIdle();
                case SessionCommand.Close close when _session.TryStopAcquiring(close.Reason):
                    return close.Reason;
            }
        }
        catch (StorageException exception) when (exception.Failure == StorageFailure.Deleted)
        {
            // At another gateway, or by hand: there is nothing to go on with.
            Log.Deleted(_context.Logger, _session.Key.Id);
            return _session.TryStopAcquiring(SessionCloseReason.Deleted) ? SessionCloseReason.Deleted : null;
        }
        catch (StorageException exception)
            when (exception.IsSaid || exception.Failure is StorageFailure.TakenOver or StorageFailure.Duplicate)
        {
            // Whoever appended is told: a client, or an agent that ends or looks into the log.
            Log.NotTaken(_context.Logger, _session.Key.Id, SmallWords.Of(exception.Failure));
        }
        catch (Exception exception)
        {
            Log.CommandFailed(_context.Logger, exception, _session.Key.Id, command.GetType().Name);
        }

        return null;
    }

    private void Publish(StoredEvent stored)
    {
        NewestState.Appended(stored.Id, stored.Header.Kind);
        if (_members.Count == 0)
        {
            // Nobody to share the bytes with; who comes later reads the store.
            return;
        }

        Recent.Add(stored.Id, EventPackets.Live(stored), stored.Header.Type);
    }

    private void Notify(JObject json)
    {
        var isHeld = Show(json, EventLog.Head, waits: true);
        _context.Gateways.PostShow(_session.Key, json, EventLog.Head, isHeld);
    }

    /// <summary>True when it is held for the first client.</summary>
    private bool Show(JObject json, int afterId, bool waits)
    {
        var transientMessage = new TransientMessage(EventPackets.TransientMessage(json), afterId);
        if (waits && _firstWait.TryHold(transientMessage, _members.Count > 0))
        {
            return true;
        }

        foreach (var member in _members)
        {
            member.Notify(transientMessage);
        }

        return false;
    }

    private void Join(Cursor cursor)
    {
        _members.Add(cursor);
        CountClients();
        _joinCount++;
        var waiting = _firstWait.Release();
        foreach (var transientMessage in waiting)
        {
            cursor.Notify(transientMessage);
        }

        cursor.GoLive();
        _backend.OnJoined(waiting.Count > 0);
    }

    private void Leave(Cursor cursor)
    {
        _members.Remove(cursor);
        CountClients();
        cursor.Leave();

        // Also with others in the room: those that are left may not hold the session open (PageHolds).
        _idleTimer.Change(_context.Options.CloseDelay, Timeout.InfiniteTimeSpan);
    }

    private void CountClients()
    {
        _clientCount = _members.Count;
        _context.Gateways.Clients.Set(_session.Key, _clientCount);
    }

    private void WakeMembers(int head)
    {
        Recent.Shown(head);
        Recent.BeginRound(_members.Count);
        foreach (var member in _members)
        {
            member.OnGrown();
        }
    }

    private SessionCloseReason? CloseIfIdle()
    {
        var unused = _context.TimeProvider.GetElapsedTime(_session.LastUsed);
        if (!_backend.IsBusy && unused >= _context.Options.CloseDelay && _session.TryStopAcquiring(SessionCloseReason.Idle))
        {
            return SessionCloseReason.Idle;
        }

        var again = _context.Options.CloseDelay - unused;
        _idleTimer.Change(again > TimeSpan.Zero ? again : _context.Options.CloseDelay, Timeout.InfiniteTimeSpan);
        return null;
    }

    /// <summary>Tells the room, gives each member a limited time to hear it, and lets go of everything.</summary>
    private async ValueTask EndAsync(SessionCloseReason reason)
    {
        WakeMembers(EventLog.Head);
        _session.CloseLog();
        if (reason is not SessionCloseReason.ServerShutdown)
        {
            foreach (var json in TransientMessages.Closing(reason))
            {
                Show(json, EventLog.Head, waits: false);
            }

            var members = _members.ToArray();
            foreach (var member in members)
            {
                member.Finish();
            }

            await Task.WhenAny(Task.WhenAll(members.Select(static member => member.Ended)),
                Task.Delay(s_drainLimit, _context.TimeProvider));
            foreach (var member in members)
            {
                member.Abandon();
            }
        }

        Recent.Clear();
        _firstWait.End();
        _context.Gateways.Clients.Set(_session.Key, 0);
        await _idleTimer.DisposeAsync();
        try
        {
            await _session.DisposeBackendAsync().WaitAsync(s_drainLimit, _context.TimeProvider);
        }
        catch (Exception exception)
        {
            Log.BackendNotEnded(_context.Logger, exception, _session.Key.Id);
        }

        await EndActivityAsync();
        if (reason is SessionCloseReason.Stopped && !_backend.OwnsAgentState)
        {
            await StoppedState.StoreAsync(_session, NewestState, _context);
        }
    }

    private async ValueTask EndActivityAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(s_drainLimit, _context.TimeProvider);
            await _activity.EndAsync(limit.Token).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException exception)
        {
            Log.ActivityNotWritten(_context.Logger, exception, _session.Key.Id);
        }
    }
}
