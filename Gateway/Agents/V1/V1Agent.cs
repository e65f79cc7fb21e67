using Gateway.Agents.V1.Actions;
using Gateway.Agents.V1.Bridge;
using Gateway.Agents.V1.Calls;
using Gateway.Agents.V1.Translation;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1;

/// <summary>
/// A V1 agent behind a V0 conversation: one upstream connection, whatever the number of clients, from the session's start to its end.
/// Made by <see cref="V1AgentFactory"/>; owned and called by the session as <see cref="IAgentBackend"/> says. What comes from V1 is taken
/// by one loop of its own, users' commands by another.
/// </summary>
internal sealed partial class V1Agent : IAgentBackend
{
    // Part of the client's wait for its CONNECT answer, and half of what the session allows: what does not fit comes live.
    private static readonly TimeSpan s_openLimit = TimeSpan.FromSeconds(4);

    // A bridge that fails again and again waits longer each time, up to this.
    private static readonly TimeSpan s_longestRestartDelay = TimeSpan.FromMinutes(1);

    private readonly Guid _conversationId;
    private readonly UpstreamConnection _connection;
    private readonly V1RestClient _rest;
    private readonly IJournalStore _journals;
    private readonly TitleFollower _titles;
    private readonly V1Context _context;
    private readonly MessageWatch _sentMessages = new();
    private readonly ConversationApi _api;
    private readonly UserActions _actions;
    private readonly UserTerminal _terminal;
    private readonly BridgeObservers _observers;
    private readonly CancellationTokenSource _closing = new();

    // Kept apart from its source: calls may come late, when the source is disposed.
    private readonly CancellationToken _stopping;
    private volatile ConversationBridge? _bridge;

    // Opened once: it is written while the conversation's agent is this one.
    private IJournal? _mapJournal;

    // The bridge of the opening, whole and at rest: the loop goes on with it, so that map and log are read once.
    private ConversationBridge? _opened;

    private Task _running = Task.CompletedTask;

    public V1Agent(
        Guid conversationId, UpstreamConnection connection, V1RestClient rest, IJournalStore journals, TitleFollower titles,
        V1Context context)
    {
        _conversationId = conversationId;
        _connection = connection;
        _rest = rest;
        _journals = journals;
        _titles = titles;
        _context = context;
        _api = new ConversationApi(new ActionMapper(conversationId), connection, rest, context.TimeProvider);
        _actions = new UserActions(conversationId, _api, _sentMessages, () => _bridge, context);
        _terminal = new UserTerminal(_api, context.Logger);
        _observers = new BridgeObservers(titles, _actions);
        _stopping = _closing.Token;
    }

    // Of a server that is not there nobody knows whether it works: such a session may close as idle.
    public bool IsBusy => _terminal.IsBusy
        || _actions.IsBusy
        || (_bridge?.Status == V1Status.Running && _connection.State == Upstream.UpstreamState.Open);

    // A server that goes on without us says it, or will when we are back.
    public bool OwnsAgentState => true;

    /// <summary>The server does, or the follower of its titles.</summary>
    public bool NamesConversation => true;

    /// <summary>Complete when no loop of this agent runs.</summary>
    public Task Running => _running;

    public string? UpstreamState => _connection.State.ToString().ToUpperInvariant();

    public UpstreamStatus? UpstreamStatus => new(
        _connection.State.ToString().ToUpperInvariant(), _connection.SocketKind, _connection.ServerVersion, _bridge?.LastSequence ?? -1,
        _connection.Reconnects, _connection.LastTrouble);

    public async ValueTask<BackendOpening> OpenAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(s_openLimit, _context.TimeProvider);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellationToken, _stopping);
        ConversationBridge? bridge = null;
        try
        {
            var info = await _connection.ProbeAsync(limit.Token);
            if (info.Status is 401 or 403 or 404)
            {
                if (info.IsUnauthorized)
                {
                    Log.KeyRefused(_context.Logger, _conversationId);
                }

                return BackendOpening.Refused("Failed to join conversation");
            }

            bridge = await LoadAsync(conversation, limit.Token);
            await bridge.BeginAsync(_stopping);
            if (info.Object is { } known && _connection.Endpoint is { } endpoint)
            {
                await bridge.ConnectedAsync(known, _stopping);
                var log = new LogReader(_rest, endpoint, _conversationId, bridge);
                await log.AlignAsync(limit.Token, _stopping);
                await log.ReadAsync(limit.Token, _stopping);
            }
        }
        catch (OperationCanceledException) when (expiry.IsCancellationRequested)
        {
            // A slow server, or a long history: the rest comes live.
        }

        _opened = bridge;
        return BackendOpening.Ready;
    }

    public ValueTask StartAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        _running = Task.Run(
            () => Task.WhenAll(
                RunAsync(conversation), RunActionsAsync(conversation), RunTerminalAsync(conversation), FollowTitlesAsync(conversation)),
            CancellationToken.None);
        return ValueTask.CompletedTask;
    }

    public async ValueTask<ActionDisposition> AcceptAsync(UserAction action, CancellationToken cancellationToken)
    {
        if ((_bridge?.EndReason ?? ActionMapper.FindRefusal(action.Json)) is { } reason)
        {
            return Refuse(reason);
        }

        if (action.Json.Text("action") != "message")
        {
            // Stored first: what comes of it comes after it, as with V0.
            return ActionDisposition.Store;
        }

        return await _actions.TakeMessageAsync(action.Json, cancellationToken) is { } refusal
            ? ActionDisposition.Refuse(refusal)
            : ActionDisposition.Taken;
    }

    public ValueTask<bool> OnStoredAsync(StoredEvent storedEvent, CancellationToken cancellationToken)
    {
        var isTaken = true;
        if (V0Events.Parse(storedEvent) is { } stored)
        {
            isTaken = stored.Text("action") switch
            {
                "run" => _terminal.TryPost(storedEvent.Id, stored),
                "change_agent_state" => TryTakeState(stored),
                _ => true,
            };
        }

        return ValueTask.FromResult(isTaken);
    }

    public async ValueTask DisposeAsync()
    {
        _connection.SetState(Upstream.UpstreamState.Closing);
        await _closing.CancelAsync();
        await _running;
        _connection.SetState(Upstream.UpstreamState.Closed);
        _closing.Dispose();
    }

    /// <summary>Takes what comes from V1 until the session closes. A bridge that fails is made anew from what is stored.</summary>
    private async Task RunAsync(IAgentConversation conversation)
    {
        var bridge = _opened;
        _opened = null;
        var delay = TimeSpan.Zero;
        while (true)
        {
            var started = _context.TimeProvider.GetTimestamp();
            try
            {
                await Task.Delay(delay, _context.TimeProvider, _stopping);
                bridge ??= await LoadAsync(conversation, _stopping);
                var isGone = await _connection.RunAsync(bridge, _stopping);
                await CloseAsync(bridge);
                if (isGone)
                {
                    conversation.Close();
                }

                return;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                await CloseAsync(bridge);
                return;
            }
            catch (OperationCanceledException) when (delay == TimeSpan.Zero)
            {
                // The session has closed, and ends this loop next. If not, it was a limit of the store's: that is a failure like any other
                // when it comes again.
                delay = _connection.RestartDelay;
            }
            catch (StorageException exception) when (exception.Failure == StorageFailure.TakenOver)
            {
                // The session ends this agent next: another gateway's has taken its place.
                return;
            }
            catch (Exception exception)
            {
                Log.BridgeFailed(_context.Logger, exception, _conversationId);
                delay = NextDelay(delay, _context.TimeProvider.GetElapsedTime(started));
            }

            // The memory of one that failed in the middle of something is not trusted: it is read anew.
            bridge = null;
        }
    }

    private async ValueTask CloseAsync(ConversationBridge? bridge)
    {
        try
        {
            await (bridge?.CloseAsync() ?? ValueTask.CompletedTask);
        }
        catch (StorageException exception) when (exception.Failure == StorageFailure.TakenOver)
        {
            // Another gateway's agent commits what it takes.
        }
        catch (Exception exception)
        {
            Log.NotCommitted(_context.Logger, exception, _conversationId);
        }
    }

    private TimeSpan NextDelay(TimeSpan last, TimeSpan ran)
    {
        var next = ran > last + s_longestRestartDelay ? _connection.RestartDelay : last * 2;
        return next < _connection.RestartDelay ? _connection.RestartDelay : next > s_longestRestartDelay ? s_longestRestartDelay : next;
    }

    private bool TryTakeState(JObject stored)
    {
        if (ActionMapper.StateOf(stored) == V0State.Stopped)
        {
            _terminal.Stop();
        }

        return _actions.TryTakeState(stored);
    }

    private ActionDisposition Refuse(string reason)
    {
        Log.Refused(_context.Logger, _conversationId, reason);
        return ActionDisposition.Refuse(reason);
    }

    private async Task RunActionsAsync(IAgentConversation conversation)
    {
        try
        {
            await _actions.RunAsync(conversation, _stopping);
        }
        catch (OperationCanceledException)
        {
            // The session closes.
        }
    }

    private async Task RunTerminalAsync(IAgentConversation conversation)
    {
        try
        {
            await _terminal.RunAsync(conversation, _stopping);
        }
        catch (OperationCanceledException)
        {
            // The session closes.
        }
    }

    private async Task FollowTitlesAsync(IAgentConversation conversation)
    {
        try
        {
            await _titles.RunAsync(conversation, _stopping);
        }
        catch (OperationCanceledException)
        {
            // The session closes.
        }
    }

    private async ValueTask<ConversationBridge> LoadAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        _mapJournal ??= _journals.Open(conversation.Key, V1Map.JournalName, conversation.Log);
        var bridge = await ConversationBridge.LoadAsync(
            conversation, new V1Map(_mapJournal), _observers, _context.Kinds, _context.TimeProvider, cancellationToken);
        _sentMessages.StartAfter(bridge.LastEvent?.Id);
        _bridge = bridge;
        return bridge;
    }
}
