using System.Diagnostics;
using System.Text;

using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Primitives;
using Gateway.Primitives.Json;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// The agent of a conversation that several gateways may serve: at one of them it is the agent itself, at the others a way to it. Who opens
/// the conversation takes its lease if nobody has it; who has clients takes it when it falls free, and opens the agent then. When the lease
/// is lost the agent here ends at once, and the session goes on without it. Called by the session as <see cref="IAgentBackend"/> says; one
/// loop of its own does what comes later.
/// </summary>
internal sealed partial class AgentOwnership : IAgentBackend
{
    private readonly ConversationKey _key;
    private readonly IAgentBackendFactory _backends;
    private readonly SessionContext _context;
    private readonly ConversationLimit _limit;
    private readonly ForwardedActions _forwarded;
    private readonly AsyncSignal _signal = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationToken _stopping;

    // Held while the agent is opened, started or ended.
    private readonly SemaphoreSlim _transition = new(1);
    private IAgentBackend? _unused;
    private volatile Owned? _owned;
    private IAgentLease? _lease;
    private ConversationSession? _session;
    private IDisposable? _room;
    private Task _loop = Task.CompletedTask;
    private bool _isStarted;
    private bool _isEnded;
    private bool _ownsAgentState = true;

    public AgentOwnership(ConversationKey key, IAgentBackendFactory backends, SessionContext context, ConversationLimit limit)
    {
        (_key, _backends, _context, _limit) = (key, backends, context, limit);
        _stopping = _closing.Token;
        _unused = backends.Create(key);
        NamesConversation = _unused.NamesConversation;
        HearsFromLog = _unused.HearsFromLog;
        _forwarded = new ForwardedActions(
            key, context, () => _owned is { IsLost: false }, action => Session.SubmitAsync(action, CancellationToken.None), _signal.Set);
    }

    public bool IsBusy => _owned?.Backend.IsBusy ?? false;

    public bool NamesConversation { get; }

    public bool HearsFromLog { get; }

    /// <summary>Where the agent is not here, its state is not ours to say.</summary>
    public bool OwnsAgentState => _ownsAgentState;

    public string? UpstreamState => _owned?.Backend.UpstreamState;

    public UpstreamStatus? UpstreamStatus => _owned?.Backend.UpstreamStatus;

    public bool IsHere => _owned is not null;

    private ConversationSession Session => _session ?? throw new InvalidOperationException("The session is not open yet.");

    public async ValueTask<BackendOpening> OpenAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        _session = (ConversationSession)conversation;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping);
        await _transition.WaitAsync(limit.Token);
        try
        {
            _room = await _context.Gateways.Rooms.WatchAsync(
                _key, _context.Options.ClientWaitTimeout, OnMessage, _signal.Set, limit.Token);
            var opening = await TryTakeAsync(limit.Token) ?? BackendOpening.Ready;
            _loop = Task.WhenAll(RunAsync(), _forwarded.RunAsync(_stopping));
            return opening;
        }
        finally
        {
            _transition.Release();
        }
    }

    public async ValueTask StartAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        await _transition.WaitAsync(cancellationToken);
        try
        {
            _isStarted = true;
            if (_owned is { } owned)
            {
                await owned.Backend.StartAsync(owned.Conversation, cancellationToken);
                Follow(owned.Lease);
            }
        }
        finally
        {
            _transition.Release();
        }
    }

    public async ValueTask<ActionDisposition> AcceptAsync(UserAction action, CancellationToken cancellationToken) =>
        HearsFromLog ? ActionDisposition.Store
        : _owned is { IsLost: false } owned ? await owned.Backend.AcceptAsync(action, cancellationToken)
        : await _forwarded.SubmitAsync(action, cancellationToken) is { } refusal ? ActionDisposition.Refuse(refusal)
        : ActionDisposition.Taken;

    public ValueTask<bool> OnStoredAsync(StoredEvent storedEvent, CancellationToken cancellationToken) =>
        _owned is { } owned ? owned.Backend.OnStoredAsync(storedEvent, cancellationToken) : new ValueTask<bool>(HearsFromLog);

    public void OnJoined(bool hadWaiting)
    {
        var isElsewhere = _owned is null;
        if (hadWaiting || (isElsewhere && Session.JoinCount == 1))
        {
            _context.Gateways.PostJoined(_key);
        }

        if (isElsewhere)
        {
            // It may be nobody's: nobody needed it while nobody was here.
            _signal.Set();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _room?.Dispose();
        await _loop;
        await _transition.WaitAsync(CancellationToken.None);
        try
        {
            _isEnded = true;
            await ((_owned?.Backend ?? _unused)?.DisposeAsync() ?? ValueTask.CompletedTask);
            _owned = null;
            _unused = null;
        }
        finally
        {
            _transition.Release();
        }
    }

    /// <summary>The session has ended: whoever comes next takes the agent. Called once, by the registry.</summary>
    public ValueTask ReleaseAsync() => Interlocked.Exchange(ref _lease, null)?.ReleaseAsync() ?? ValueTask.CompletedTask;

    /// <summary>Another gateway says something. Called by the room's watch, one at a time.</summary>
    private void OnMessage(RoomMessage message)
    {
        switch (message.Kind)
        {
            case RoomMessageKind.Show or RoomMessageKind.Wait when JsonTree.TryReadObject(message.Body.Span, out var json):
                Session.Post(new SessionCommand.Show(json, message.AfterId, message.Kind == RoomMessageKind.Wait));
                break;
            case RoomMessageKind.Joined:
                Session.Post(new SessionCommand.JoinedElsewhere());
                break;
            case RoomMessageKind.Close when Enum.TryParse<SessionCloseReason>(Encoding.UTF8.GetString(message.Body.Span), out var reason):
                Session.Post(new SessionCommand.Close(reason));
                break;
            case RoomMessageKind.Action:
                _forwarded.OnAction(message);
                break;
            case RoomMessageKind.Answer:
                _forwarded.OnAnswer(message);
                break;
            case RoomMessageKind.Released:
                _signal.Set();
                break;
        }
    }

    private async Task RunAsync()
    {
        // It outlives the CONNECT that has opened the conversation, and is no part of its trace.
        Activity.Current = null;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _signal.WaitAsync(_stopping);
                await _transition.WaitAsync(_stopping);
                try
                {
                    await ChangeAsync();
                }
                finally
                {
                    _transition.Release();
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is StorageException or OperationCanceledException)
            {
                // It has been said why; the next look of the store's comes here again.
            }
            catch (Exception exception)
            {
                Log.NotTaken(_context.Logger, exception, _key.Id);
            }
        }
    }

    private async ValueTask ChangeAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
        limit.CancelAfter(_context.Options.OpenTimeout);
        if (_owned is { IsLost: true } lost)
        {
            await EndAsync(lost, limit.Token);
        }

        if (_owned is not null || Session.IsClosing || (Session.ClientCount == 0 && !_forwarded.HasWaiting))
        {
            return;
        }

        try
        {
            var opening = await TryTakeAsync(limit.Token);
            if (opening?.Refusal is not null)
            {
                Session.Post(new SessionCommand.Close(SessionCloseReason.Refused));
            }
        }
        catch (StorageException exception) when (exception.Failure == StorageFailure.Deleted)
        {
            Session.Post(new SessionCommand.Close(SessionCloseReason.Deleted));
        }
    }

    /// <summary>Takes the agent and opens it, and starts it where the session has been; null while another gateway has it.</summary>
    private async ValueTask<BackendOpening?> TryTakeAsync(CancellationToken cancellationToken)
    {
        var leases = _context.Gateways.Leases;
        if (_isEnded || await leases.TryTakeAsync(Session.Log, _backends.BackendOwnsConversations, cancellationToken) is not { } lease)
        {
            return null;
        }

        _lease = lease;
        if (!HearsFromLog)
        {
            // Whoever has the agent next need not be told of anything either.
            Session.Log.Heard(int.MaxValue);
        }

        var backend = Interlocked.Exchange(ref _unused, null) ?? _backends.Create(_key);
        var owned = new Owned(backend, new OwnedConversation(Session, lease, _context.Gateways), lease);
        var isOpen = false;
        try
        {
            var opening = await backend.OpenAsync(owned.Conversation, cancellationToken);
            if (opening.Refusal is null)
            {
                if (_isStarted)
                {
                    Log.Taken(_context.Logger, _key.Id);
                    await backend.StartAsync(owned.Conversation, cancellationToken);
                    Follow(lease);
                }

                isOpen = true;
                _ownsAgentState = backend.OwnsAgentState;
                _owned = owned;
                lease.Lost.UnsafeRegister(static state => ((AsyncSignal)state!).Set(), _signal);
                await _forwarded.TakeOverAsync(cancellationToken);
                await _limit.TakenAsync(Session, cancellationToken);
            }

            return opening;
        }
        finally
        {
            if (!isOpen)
            {
                await backend.DisposeAsync();
                await ReleaseAsync();
            }
        }
    }

    /// <summary>The agent runs: from here on it is told of clients' actions as they come to the log, by whichever gateway.</summary>
    private void Follow(IAgentLease lease)
    {
        if (HearsFromLog)
        {
            Session.Post(new SessionCommand.Follow(lease.HeardThrough));
        }
    }

    /// <summary>Another gateway has the agent, or may have it: the one here ends, and what is in the log now is looked at.</summary>
    private async ValueTask EndAsync(Owned lost, CancellationToken cancellationToken)
    {
        Log.Lost(_context.Logger, _key.Id);
        _owned = null;
        _lease = null;
        _ownsAgentState = true;
        Session.Post(new SessionCommand.Follow(AfterId: null));
        await lost.Backend.DisposeAsync().AsTask().WaitAsync(cancellationToken);
        await Session.Log.RefreshAsync(claimedId: -1, cancellationToken);
    }

    /// <summary>The agent while it is here.</summary>
    private sealed record Owned(IAgentBackend Backend, OwnedConversation Conversation, IAgentLease Lease)
    {
        public bool IsLost => Lease.Lost.IsCancellationRequested;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Conversation {ConversationId}: its agent is here now.")]
        public static partial void Taken(ILogger logger, ConversationId conversationId);

        [LoggerMessage(2, LogLevel.Information, "Conversation {ConversationId}: its agent may be another gateway's now, and ends here.")]
        public static partial void Lost(ILogger logger, ConversationId conversationId);

        [LoggerMessage(3, LogLevel.Error, "Conversation {ConversationId}: its agent could not be taken.")]
        public static partial void NotTaken(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
