using System.Collections.Frozen;

using Gateway.Conversations.Events;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// V1 events in, V0 events out (PROTOCOL.md, "V1 events as V0 events"), in the order of the V1 log. Pure but for its
/// <see cref="TranslationContext"/>: the same log gives the same V0 events, whether it came live or later, because what is held is released
/// by V1's own times; only the end of the log needs a clock (<see cref="Release"/>). Used by one thread.
/// </summary>
internal sealed class EventTranslator
{
    private static readonly TimeSpan s_actionWindow = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan s_statusWindow = TimeSpan.FromSeconds(1);

    private readonly OutputList _outputs;
    private readonly ActionTranslator _actions;
    private readonly StateTranslator _states;
    private readonly MessageTranslator _messages;
    private readonly FrozenDictionary<string, Action<JObject>> _byKind;

    public EventTranslator(TranslationContext context)
    {
        Context = context;
        _outputs = new OutputList(context);
        _actions = new ActionTranslator(context, _outputs);
        _states = new StateTranslator(context, _outputs, _actions);
        _messages = new MessageTranslator(context, _outputs);
        _byKind = new Dictionary<string, Action<JObject>>(StringComparer.Ordinal)
        {
            ["SystemPromptEvent"] = _messages.OnSystemPrompt,
            ["MessageEvent"] = OnMessage,
            ["ActionEvent"] = OnAction,
            ["ObservationEvent"] = OnObservation,
            ["UserRejectObservation"] = OnRejection,
            ["AgentErrorEvent"] = OnAgentError,
            ["ConversationErrorEvent"] = _states.OnConversationError,
            ["ConversationStateUpdateEvent"] = OnStateUpdate,
            ["PauseEvent"] = e => _states.OnPaused(e.Text("timestamp"), interrupted: false),
            ["InterruptEvent"] = e => _states.OnPaused(e.Text("timestamp"), interrupted: true),
            ["Condensation"] = _messages.OnCondensation,
            ["CondensationRequest"] = _messages.OnCondensationRequest,
            ["ACPToolCallEvent"] = OnAcpToolCall,
            ["ServerErrorEvent"] = e => _outputs.TransientMessage(V0Draft.ErrorTransientMessage(e.Text("detail"))),
        }.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public TranslationContext Context { get; }

    /// <summary>
    /// How long the end of the log may be quiet before <see cref="Release"/>: twice V1's own window, so that what comes in time is never
    /// early. Null: nothing is held.
    /// </summary>
    public TimeSpan? ReleaseAfter => Context switch
    {
        { HeldActions.Count: > 0, MayNeedConfirmation: false } => TimeSpan.Zero,
        { HeldActions.Count: > 0 } => s_actionWindow * 2,
        { HeldStatus: not null } or { ReportedStatus: not null } => s_statusWindow * 2,
        _ => null,
    };

    /// <summary>Whether V0 has anything for this kind of event; unknown kinds and V1's own book-keeping give nothing.</summary>
    public bool Knows(string kind) => _byKind.ContainsKey(kind);

    /// <summary>The next event of the V1 log.</summary>
    public IReadOnlyList<TranslationOutput> Translate(JObject v1Event)
    {
        Expire(v1Event.Text("timestamp"));
        if (_byKind.TryGetValue(v1Event.Text("kind"), out var translate))
        {
            translate(v1Event);
        }

        return _outputs.Take();
    }

    /// <summary>
    /// Something that V1 does not keep: the state as a whole (never a state of its own in V0's log), or an error of the socket.
    /// </summary>
    public IReadOnlyList<TranslationOutput> TranslateTransient(JObject v1Event)
    {
        if (v1Event.Text("key") == "full_state" && v1Event.Object("value") is { } state)
        {
            Context.ConfirmationPolicy = state.Object("confirmation_policy")?.TextOrNull("kind") ?? Context.ConfirmationPolicy;
            var reported = state.TextOrNull("execution_status");
            Context.ReportedStatus = reported != Context.Status ? reported : null;
        }
        else if (v1Event.Text("kind") == "ServerErrorEvent")
        {
            _outputs.TransientMessage(V0Draft.ErrorTransientMessage(v1Event.Text("detail")));
        }

        return _outputs.Take();
    }

    /// <summary>The log has been quiet for <see cref="ReleaseAfter"/>: what is held is shown as it is.</summary>
    public IReadOnlyList<TranslationOutput> Release()
    {
        _actions.Release();
        _states.Release();
        if (Context.ReportedStatus is { } reported)
        {
            _states.OnStatus(reported, "");
            _states.Release();
        }

        return _outputs.Take();
    }

    private void Expire(string timestamp)
    {
        if (Context.HeldActions.Count > 0 && V1Timestamp.IsPast(Context.HeldActionsTimestamp, timestamp, s_actionWindow))
        {
            _actions.Release();
        }

        if (Context.HeldStatus is { } held && V1Timestamp.IsPast(held.Timestamp, timestamp, s_statusWindow))
        {
            _states.Release();
        }
    }

    private void OnMessage(JObject message)
    {
        switch (message.Text("source"))
        {
            case "user":
                _actions.Release();
                if (Context.HeldStatus?.Status == V1Status.Finished)
                {
                    _states.Release();
                }

                _messages.OnUserMessage(message);
                break;
            case "agent":
                _actions.Release();
                _actions.ShowDeferredRunning(message.Text("timestamp"));
                Context.LastAgentEvent = LastAgentEvent.Message;
                _messages.OnAgentMessage(message);
                _states.OnAgentMessage();
                break;
            default:
                // The framework's own nudges have the role of a user; V0 must not show them as one's words.
                break;
        }
    }

    private void OnAction(JObject actionEvent)
    {
        Context.LastAgentEvent = LastAgentEvent.Action;
        // Not executable: the AgentErrorEvent that follows says why.
        if (actionEvent.Object("action") is not { } action)
        {
            return;
        }

        _states.Release();
        _actions.ShowDeferredRunning(actionEvent.Text("timestamp"));
        if (action.Text("kind") == "FinishAction")
        {
            Context.LastAgentEvent = LastAgentEvent.Finish;
        }

        if (action.Text("kind") == "BrowserNavigateAction")
        {
            Context.BrowserUrl = action.Text("url");
        }

        var thought = V1Json.JoinedText(actionEvent.Objects("thought"), "\n");
        var call = new ToolCall(action, actionEvent.Text("tool_name"), thought, ToolActions.Risk(actionEvent.Text("security_risk")));
        var v0Action = ToolActions.Translate(call);
        var draft = V0Draft.Action(actionEvent.Text("timestamp"), v0Action.Name, v0Action.Args, Context.Metrics, v0Action.Timeout);
        _actions.Hold(new TrackedAction(actionEvent.Text("id"), actionEvent.Text("tool_call_id"), draft), actionEvent.Text("timestamp"));
    }

    private void OnObservation(JObject observationEvent)
    {
        _actions.Release();
        var observation = observationEvent.Object("observation") ?? [];
        var action = Context.FindOpen(observationEvent.TextOrNull("action_id"), observationEvent.TextOrNull("tool_call_id"));
        var timestamp = observationEvent.Text("timestamp");
        if (observation.Text("kind") == "BrowserObservation")
        {
            Context.BrowserUrl = BrowserObservation.FindUrl(V1Json.JoinedText(observation.Objects("content"))) ?? Context.BrowserUrl;
        }

        var result = new ToolResult(observation, action, timestamp, Context.BrowserUrl, observationEvent.Text("tool_name"));
        _actions.Answer(ToolObservations.Translate(result), EventSource.Agent, action, timestamp);
    }

    private void OnRejection(JObject rejection)
    {
        _actions.Release();
        if (_actions.Reject(rejection))
        {
            _states.OnRejected();
        }
    }

    private void OnAgentError(JObject error)
    {
        _actions.Release();
        var text = error.Text("error");
        var errorId = text switch
        {
            _ when text.Contains("interrupted before completion", StringComparison.OrdinalIgnoreCase) => V0StatusId.NotExecutedStopped,
            _ when text.StartsWith("A restart occurred", StringComparison.Ordinal) => V0StatusId.NotExecutedError,
            _ => "",
        };
        var timestamp = error.Text("timestamp");
        var action = Context.FindOpen(null, error.TextOrNull("tool_call_id"));
        _actions.Answer(V0Draft.Error(timestamp, text, errorId), EventSource.Agent, action, timestamp);
    }

    private void OnStateUpdate(JObject update)
    {
        switch (update.Text("key"))
        {
            case "execution_status":
                _states.OnStatus(update.Text("value"), update.Text("timestamp"));
                break;
            case "stats" when update.Object("value") is { } stats:
                Context.Metrics = LlmMetrics.From(stats) ?? Context.Metrics;
                break;
            case "confirmation_policy" when update.Object("value") is { } policy:
                Context.ConfirmationPolicy = policy.TextOrNull("kind") ?? Context.ConfirmationPolicy;
                break;
            default:
                break;
        }
    }

    /// <summary>Several events for one call of an outer agent: the first is the action, the one that ends it the observation.</summary>
    private void OnAcpToolCall(JObject call)
    {
        _actions.Release();
        var timestamp = call.Text("timestamp");
        var action = Context.FindOpen(null, call.TextOrNull("tool_call_id"));
        if (action is null && !Context.EndedAcpCalls.Contains(call.Text("tool_call_id")))
        {
            action = new TrackedAction(call.Text("id"), call.Text("tool_call_id"), AcpTool.Action(call, Context.Metrics));
            Context.LastAgentEvent = LastAgentEvent.Action;
            _actions.Hold(action, timestamp);
            _actions.Release();
        }

        if (action is not null && AcpTool.IsOver(call))
        {
            Context.EndAcpCall(action.ToolCallId);
            _actions.Answer(AcpTool.Observation(call, action), EventSource.Agent, action, timestamp);
        }
    }
}
