using Gateway.Agents.V1.Translation;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// Takes the V1 log of a conversation into its V0 log, each event once, and says what the connection is doing. Owned by the backend, used
/// by its connection's loop; only <see cref="Status"/>, <see cref="ShownState"/>, <see cref="EndReason"/>, <see cref="RequestStop"/>, <see
/// cref="LastSequence"/>,
/// <see cref="Sent"/> and <see cref="ShowUserStateAsync"/> may be used from other threads.
/// </summary>
internal sealed class ConversationBridge : IUpstreamSink
{
    // The older server sorts by time, and time is given before the place in the log: neighbours change places, strangers do not.
    private const int Overlap = 8;

    // Events that are appended in one go: a disk that syncs each of them has the store's time limit for all.
    private const int MaxBatch = 32;

    // A log whose times say nothing never tells that what is held may be shown: past this it is shown as it is.
    private const int MaxUncommittedWhileHeld = 4_096;

    private readonly IAgentConversation _conversation;
    private readonly V1Map _map;
    private readonly UncommittedEvents _uncommitted;
    private readonly KindCounter _kinds;
    private readonly IBridgeObserver _observer;
    private readonly ServerNotices _notices;
    private readonly TitleNews _titles;
    private readonly CommitSchedule _commits;
    private readonly EventTranslator _translator;
    private readonly PendingOutputs _outputs;
    private readonly OwnStates _ownStates;
    private volatile string? _status;
    private volatile string? _endReason;
    private volatile bool _stopRequested;
    private bool _isHistory = true;

    // As REST has said it at the last question.
    private string? _reportedStatus;

    // False in the middle of something: what the map says then goes further than what is stored.
    private bool _isWhole = true;

    private ConversationBridge(IAgentConversation conversation, V1Map map, UncommittedEvents uncommitted, TranslationContext context,
        IBridgeObserver observer, KindCounter kinds, TimeProvider timeProvider)
    {
        _conversation = conversation;
        _map = map;
        _uncommitted = uncommitted;
        _outputs = new PendingOutputs(conversation, map, uncommitted);
        _kinds = kinds;
        _observer = observer;
        _notices = new ServerNotices(conversation);
        _titles = new TitleNews(observer);
        _commits = new CommitSchedule(timeProvider);
        _translator = new EventTranslator(context);
        _ownStates = new OwnStates(conversation, uncommitted, context);
        _status = context.Status;
    }

    /// <summary>V1's execution status as the log has it.</summary>
    public string? Status => _status;

    /// <summary>V0's state as clients see it; null before the first.</summary>
    public string? ShownState => _ownStates.Shown;

    /// <summary>Why there is no agent server for this conversation any more; null while there may be one.</summary>
    public string? EndReason => _endReason;

    /// <summary>Messages of clients on their way: what V1 does not give back of them.</summary>
    public SentMessages Sent { get; } = new();

    public int LastSequence => _map.Count - 1;

    public LoggedEvent? LastEvent => _map.LastEvent;

    public LoggedEvent? ReadFrom => _map.Before(Overlap);

    public string? LastTimestamp => _map.LastTimestamp;

    public TimeSpan? QuietAfter => _translator.ReleaseAfter;

    private TranslationContext Context => _translator.Context;

    /// <summary>Goes on where the map and the log say that an earlier one has stopped.</summary>
    public static async ValueTask<ConversationBridge> LoadAsync(IAgentConversation conversation, V1Map map, IBridgeObserver observer,
        KindCounter kinds, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var log = conversation.Log;
        var context = new TranslationContext();
        var snapshot = await map.LoadAsync(log.Head, cancellationToken);
        if (snapshot is not null)
        {
            await ContextSnapshot.ReadAsync(snapshot, context, id => V0Events.ReadAsync(log, id, cancellationToken));
        }

        var uncommitted = new UncommittedEvents();
        await uncommitted.LoadAsync(log, map.RecogniseFrom, cancellationToken);
        return new ConversationBridge(conversation, map, uncommitted, context, observer, kinds, timeProvider);
    }

    public bool IsAtWork => Context.LastWord == V1Status.Running;

    public bool HasTaken(string eventId) => _map.Contains(eventId);

    /// <summary>
    /// A client asked to stop: the pause, or the rejection of what waits, that follows is shown as V0's <c>stopped</c>. Called before the
    /// server is asked.
    /// </summary>
    public void RequestStop() => _stopRequested = true;

    /// <summary>
    /// A state that a user has asked for and that V1 does not show, because nothing ran. Unlike a lost connection's it is not followed by
    /// V1's own when the log is next quiet.
    /// </summary>
    public ValueTask ShowUserStateAsync(string state, CancellationToken cancellationToken) =>
        _ownStates.ShowForUserAsync(state, cancellationToken);

    /// <summary>The first event of a V0 log, as V0 has it.</summary>
    public async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        if (_conversation.Log.Head < 0)
        {
            await ShowOwnStateAsync(V0State.Loading, "", cancellationToken);
        }
    }

    public async ValueTask TakeAsync(IReadOnlyList<JObject> events, CancellationToken cancellationToken)
    {
        var status = _status;
        _isWhole = false;
        foreach (var v1Event in events)
        {
            if (_stopRequested)
            {
                _stopRequested = false;
                Context.StopRequested = true;
            }

            _kinds.Count(v1Event);
            if (!_isHistory)
            {
                _titles.Follow(v1Event);
            }

            await TakeAsync(v1Event, cancellationToken);
            if (_map.UncommittedCount >= MaxUncommittedWhileHeld)
            {
                Release();
            }

            if (_outputs.Count >= MaxBatch || _map.UncommittedCount >= CommitSchedule.MaxUncommitted)
            {
                await ShowAsync(cancellationToken);
                await CommitIfDueAsync(cancellationToken);
            }
        }

        await ShowAsync(cancellationToken);
        await CommitIfDueAsync(cancellationToken);
        _isWhole = true;
        if (_status != status || events.Any(static taken => taken.Text("kind") == "MessageEvent"))
        {
            _observer.TurnChanged();
        }
    }

    public async ValueTask RestartAsync(CancellationToken cancellationToken)
    {
        // What is held belongs to the log that is gone; then nothing keeps the commit back.
        await OnIdleAsync(cancellationToken);
        _isWhole = false;
        foreach (var action in Context.Open.ToList())
        {
            _outputs.Add(action.V1Id, _translator.Lose(action));
        }

        await ShowAsync(cancellationToken);
        _isWhole = true;
        await CommitAsync(cancellationToken);
        Context.ForgetRun();
        _status = null;
        _map.Restart();
    }

    public async ValueTask TakeTransientAsync(JObject v1Event, CancellationToken cancellationToken)
    {
        _kinds.CountTransient(v1Event);
        _titles.Follow(v1Event);
        _isWhole = false;
        _outputs.Add("", _translator.TranslateTransient(v1Event));
        await ShowAsync(cancellationToken);
        _isWhole = true;
    }

    public async ValueTask OnIdleAsync(CancellationToken cancellationToken)
    {
        _isWhole = false;
        Release();
        await ShowAsync(cancellationToken);
        _isWhole = true;
        await CommitIfDueAsync(cancellationToken);
        if (!_isHistory)
        {
            await _ownStates.ShowV1AgainAsync(cancellationToken);
        }
    }

    /// <summary>
    /// The session closes, and nothing comes any more: what is whole is committed, so that the next opening has nothing to recognise.
    /// </summary>
    public ValueTask CloseAsync() => _isWhole

        // Within the store's own time limit.
        ? CommitAsync(CancellationToken.None)
        : ValueTask.CompletedTask;

    public ValueTask ConnectedAsync(JObject info, CancellationToken cancellationToken)
    {
        _reportedStatus = info.TextOrNull("execution_status");
        Context.LastWord = _reportedStatus;
        Context.Confirmation = Context.Confirmation.With(info);
        _endReason = null;
        _titles.Answered(info);
        return ValueTask.CompletedTask;
    }

    public async ValueTask CaughtUpAsync(CancellationToken cancellationToken)
    {
        _isHistory = false;
        _map.EndRestart();
        if (Context.Status is null && _reportedStatus != V1Status.Running)
        {
            // A conversation that has done nothing yet, or nothing since it was made anew, has no state in its log; an earlier process may
            // have shown one.
            Context.ShownState = _ownStates.OfEarlierProcess ?? Context.ShownState;
            Context.ReportedStatus = _reportedStatus ?? V1Status.Idle;
            await OnIdleAsync(cancellationToken);
        }

        await _ownStates.ShowV1AgainAsync(cancellationToken);
        await CommitAsync(cancellationToken);
        ForgetUncommitted();
        await _notices.ReadyAsync(cancellationToken);
    }

    public async ValueTask DisconnectedAsync(int tries, CancellationToken cancellationToken)
    {
        var shown = await _notices.DisconnectedAsync(tries, cancellationToken);
        if (shown is var (state, reason) && (state != V0State.Loading || !_ownStates.IsShown))
        {
            await ShowOwnStateAsync(state, reason, cancellationToken);
        }
    }

    public ValueTask TroubleAsync(string reason, bool isRefused, CancellationToken cancellationToken)
    {
        _endReason = isRefused ? reason : _endReason;
        return _notices.TroubleAsync(reason, cancellationToken);
    }

    public async ValueTask EndedAsync(string reason, CancellationToken cancellationToken)
    {
        _endReason = reason;
        await WithoutLogAsync(reason, cancellationToken);
    }

    public async ValueTask WithoutLogAsync(string reason, CancellationToken cancellationToken)
    {
        await _notices.ErrorAsync(reason, cancellationToken);
        await ShowOwnStateAsync(V0State.Error, reason, cancellationToken);
    }

    private async ValueTask TakeAsync(JObject v1Event, CancellationToken cancellationToken)
    {
        var id = v1Event.Text("id");
        if (!_map.Contains(id))
        {
            await LookUpAsync(v1Event, cancellationToken);
            _outputs.AddShown(_translator, id);
            _outputs.Add(id, _translator.Translate(v1Event));
            Context.V0Ids.Clear();
            Context.FileUrls = null;
            _observer.Taken(v1Event);
        }

        _commits.Adding(_map.UncommittedCount);
        _map.Add(id, v1Event.Text("timestamp"));
        _status = Context.Status;
    }

    /// <summary>What is held is to be shown as it is.</summary>
    private void Release()
    {
        _outputs.Add(_map.LastEvent?.Id ?? "", _translator.Release());
        _status = Context.Status;
    }

    /// <summary>Appends what the translation gave, and relates the new ids to the V1 events that they belong to.</summary>
    private async ValueTask ShowAsync(CancellationToken cancellationToken)
    {
        if (await _outputs.ShowAsync(_isHistory, cancellationToken) is { } stateId)
        {
            _commits.StateShown();
            _ownStates.OnV1Shown(stateId);
        }
    }

    /// <summary>What the translation needs and the event does not have.</summary>
    private async ValueTask LookUpAsync(JObject v1Event, CancellationToken cancellationToken)
    {
        switch (v1Event.Text("kind"))
        {
            case "Condensation":
                // It names V1 events, which V0 knows by their V0 ids; all before it have theirs then.
                await ShowAsync(cancellationToken);
                foreach (var id in MessageTranslator.ForgottenIds(v1Event))
                {
                    Context.V0Ids[id] = _map.V0IdsOf(id);
                }

                break;
            case "MessageEvent" when v1Event.Text("source") == "user":
                var (text, images) = MessageTranslator.Content(v1Event);
                Context.FileUrls = Sent.Take(text, images);
                break;
            default:
                break;
        }
    }

    private ValueTask CommitIfDueAsync(CancellationToken cancellationToken) =>
        _commits.IsDue(_map.UncommittedCount, _isHistory) ? CommitAsync(cancellationToken) : ValueTask.CompletedTask;

    /// <summary>What is held is not saved, so nothing is while something is held.</summary>
    private async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        _commits.Committing(Context.HoldsAnything);
        if (_map.UncommittedCount > 0 && !Context.HoldsAnything)
        {
            await _map.CommitAsync(ContextSnapshot.Write(Context), _conversation.Log.Head, _uncommitted.FirstId, cancellationToken);
            _outputs.Committed();
            ForgetUncommitted();
        }
    }

    /// <summary>Once all is taken and committed, nothing that a crash left can come again.</summary>
    private void ForgetUncommitted()
    {
        if (!_isHistory && _map.UncommittedCount == 0)
        {
            _uncommitted.Clear();
        }
    }

    /// <summary>A state that V1 does not know of: its log says nothing of a lost connection.</summary>
    private async ValueTask ShowOwnStateAsync(string state, string reason, CancellationToken cancellationToken)
    {
        // What the next process finds behind the last commit tells it that this state was not V1's.
        await CommitAsync(cancellationToken);
        await _ownStates.ShowAsync(state, reason, cancellationToken);
    }
}
