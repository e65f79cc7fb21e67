using Gateway.Agents.V1.Translation;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Conversations.Events;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// Takes the V1 log of a conversation into its V0 log, each event once, and says what the connection is doing. Owned by the backend, used by
/// its connection's loop; only <see cref="Status"/>, <see cref="EndReason"/> and <see cref="RequestStop"/> may be used from other threads.
/// </summary>
internal sealed class ConversationBridge : IUpstreamSink
{
    // The older server sorts by time, and time is given before the place in the log: neighbours change places, strangers do not.
    private const int Overlap = 8;

    private readonly IAgentConversation _conversation;
    private readonly V1Map _map;
    private readonly LogTail _tail;
    private readonly V1Metrics _metrics;
    private readonly EventTranslator _translator;
    private volatile string? _status;
    private volatile string? _endReason;
    private volatile bool _stopRequested;
    private bool _isHistory = true;
    private bool _hasConnected;
    private bool _isLost;
    private string? _ownState;
    private string? _toldStatus;

    private ConversationBridge(IAgentConversation conversation, V1Map map, LogTail tail, TranslationContext context, V1Metrics metrics)
    {
        _conversation = conversation;
        _map = map;
        _tail = tail;
        _metrics = metrics;
        _translator = new EventTranslator(context);
        _status = context.Status;
        _ownState = tail.OwnState != context.ShownState ? tail.OwnState : null;
    }

    /// <summary>V1's execution status as the log has it.</summary>
    public string? Status => _status;

    /// <summary>Why there is no agent server for this conversation any more; null while there may be one.</summary>
    public string? EndReason => _endReason;

    public int Mark => _map.Count - 1;

    public LoggedEvent? LastEvent => _map.LastEvent;

    public LoggedEvent? ReadFrom => _map.Before(Overlap);

    public string? LastTimestamp => _map.LastTimestamp;

    public TimeSpan? QuietAfter => _translator.ReleaseAfter;

    private TranslationContext Context => _translator.Context;

    /// <summary>Goes on where the map and the log say that an earlier one has stopped.</summary>
    public static async ValueTask<ConversationBridge> LoadAsync(
        IAgentConversation conversation, V1Map map, V1Metrics metrics, CancellationToken cancellationToken)
    {
        var log = conversation.Log;
        var context = new TranslationContext();
        var snapshot = await map.LoadAsync(log.Head, (id, v0Ids) => context.V0Ids[id] = v0Ids, cancellationToken);
        if (snapshot is not null)
        {
            await ContextSnapshot.ReadAsync(snapshot, context, id => V0Events.ReadAsync(log, id, cancellationToken));
        }

        var tail = new LogTail();
        await tail.LoadAsync(log, map.CommittedHead, cancellationToken);
        return new ConversationBridge(conversation, map, tail, context, metrics);
    }

    public bool HasTaken(string eventId) => _map.Contains(eventId);

    /// <summary>A client asked to stop: if the server only pauses, its pause is shown as V0's <c>stopped</c>.</summary>
    public void RequestStop() => _stopRequested = true;

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
        foreach (var v1Event in events)
        {
            if (_stopRequested)
            {
                _stopRequested = false;
                Context.StopRequested = true;
            }

            Count(v1Event);
            var id = v1Event.Text("id");
            var ids = _map.Contains(id) ? [] : await ApplyAsync(id, _translator.Translate(v1Event), cancellationToken);
            _map.Add(id, v1Event.Text("timestamp"), ids);
            _status = Context.Status;
        }

        await CommitAsync(cancellationToken);
    }

    public async ValueTask RestartAsync(CancellationToken cancellationToken)
    {
        // What is held belongs to the log that is gone; then nothing keeps the commit back.
        await QuietAsync(cancellationToken);
        _map.Restart();
    }

    public async ValueTask TakeTransientAsync(JObject v1Event, CancellationToken cancellationToken) =>
        await ApplyAsync("", _translator.TranslateTransient(v1Event), cancellationToken);

    public async ValueTask QuietAsync(CancellationToken cancellationToken)
    {
        await ApplyAsync(_map.LastEvent?.Id ?? "", _translator.Release(), cancellationToken);
        _status = Context.Status;
        await CommitAsync(cancellationToken);
    }

    public ValueTask ConnectedAsync(JObject info, CancellationToken cancellationToken)
    {
        _toldStatus = info.TextOrNull("execution_status");
        Context.ConfirmationPolicy = info.Object("confirmation_policy")?.TextOrNull("kind") ?? Context.ConfirmationPolicy;
        return ValueTask.CompletedTask;
    }

    public async ValueTask CaughtUpAsync(CancellationToken cancellationToken)
    {
        _isHistory = false;
        _hasConnected = true;
        _isLost = false;
        if (Context.Status is null && Context.ShownState is null && _toldStatus != V1Status.Running)
        {
            // A conversation that has done nothing yet has no state in its log.
            Context.ReportedStatus = _toldStatus ?? V1Status.Idle;
            await QuietAsync(cancellationToken);
        }
        else if (_ownState is not null && Context.ShownState is { } state)
        {
            await AppendAsync(V0Draft.State("", state, Context.ShownReason), EventSource.Environment, cancellationToken);
            _ownState = null;
        }

        await NotifyAsync("info", V0StatusId.Ready, "", cancellationToken);
    }

    public async ValueTask DisconnectedAsync(int tries, CancellationToken cancellationToken)
    {
        if (!_hasConnected)
        {
            // Not an error for anybody yet: the server may be starting.
            await NotifyAsync("info", V0StatusId.StartingRuntime, "", cancellationToken);
            if (_ownState is null && tries == 1)
            {
                await ShowOwnStateAsync(V0State.Loading, "", cancellationToken);
            }
        }
        else if (tries == 0)
        {
            await NotifyAsync("info", V0StatusId.StartingRuntime, "", cancellationToken);
        }
        else if (!_isLost)
        {
            // A short cut leaves no trace in the log; one that lasts is an error that everybody may know of.
            _isLost = true;
            await NotifyAsync("error", V0StatusId.RuntimeDisconnected, V0StatusId.RuntimeDisconnected, cancellationToken);
            await ShowOwnStateAsync(V0State.Error, V0StatusId.RuntimeDisconnected, cancellationToken);
        }
    }

    public async ValueTask EndedAsync(string reason, CancellationToken cancellationToken)
    {
        _endReason = reason;
        await NotifyAsync("error", V0StatusId.RuntimeDisconnected, reason, cancellationToken);
        await ShowOwnStateAsync(V0State.Error, reason, cancellationToken);
    }

    /// <summary>Appends what a translation gave. Gives the new ids by the V1 event that they belong to.</summary>
    private async ValueTask<JObject> ApplyAsync(string v1Id, IReadOnlyList<TranslationOutput> outputs, CancellationToken cancellationToken)
    {
        var ids = new JObject();
        foreach (var output in outputs)
        {
            if (output.IsNotice)
            {
                // Of what was said long ago there is nobody to tell.
                if (!_isHistory)
                {
                    await _conversation.NotifyAsync(output.Json, cancellationToken);
                }

                continue;
            }

            var draft = output.Resolve();
            var id = _tail.Recognise(draft) ?? await AppendAsync(draft, output.Source, cancellationToken);
            output.Appended(id);
            Remember(ids, output.Announces?.V1Id ?? v1Id, id);
            _ownState = draft.Text("observation") == "agent_state_changed" ? null : _ownState;
        }

        return ids;
    }

    private void Count(JObject v1Event)
    {
        var kind = v1Event.Text("kind");
        if (!_translator.Knows(kind))
        {
            _metrics.Dropped(V1Kinds.Label(kind));
        }

        if (v1Event.Text("id").Length == 0)
        {
            _metrics.Dropped(V1Kinds.NoId);
        }
    }

    private void Remember(JObject ids, string v1Id, int id)
    {
        int[] all = [.. Context.V0Ids.GetValueOrDefault(v1Id) ?? [], id];
        Context.V0Ids[v1Id] = all;
        ids[v1Id] = new JArray(all);
    }

    /// <summary>What is held is not saved, so nothing is while something is held.</summary>
    private async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        if (_map.HasUncommitted && !Context.HoldsAnything)
        {
            await _map.CommitAsync(ContextSnapshot.Write(Context), _conversation.Log.Head, cancellationToken);
        }
    }

    /// <summary>A state that V1 does not know of: its log says nothing of a lost connection.</summary>
    private async ValueTask ShowOwnStateAsync(string state, string reason, CancellationToken cancellationToken)
    {
        await AppendAsync(V0Draft.State("", state, reason), EventSource.Environment, cancellationToken);
        _ownState = state;
    }

    private ValueTask<int> AppendAsync(JObject draft, EventSource source, CancellationToken cancellationToken) =>
        _conversation.AppendAsync(draft, source, cancellationToken);

    private ValueTask NotifyAsync(string type, string id, string message, CancellationToken cancellationToken) =>
        _conversation.NotifyAsync(V0Draft.Status(type, id, message), cancellationToken);
}
