using Gateway.Conversations.Events;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// V1 events in, V0 events out, each kind by its row in the <see cref="KindTable"/>, in the order of the V1 log. Pure but for its
/// <see cref="TranslationContext"/>: the same log gives the same V0 events, whether it came live or later, because what is held is released
/// by V1's own times; only the end of the log needs a clock (<see cref="Release()"/>). Used by one thread.
/// </summary>
internal sealed class EventTranslator
{
    private static readonly TimeSpan s_actionWindow = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan s_statusWindow = TimeSpan.FromSeconds(1);

    private readonly OutputList _outputs;
    private readonly ActionTranslator _actions;

    public EventTranslator(TranslationContext context)
    {
        Context = context;
        _outputs = new OutputList(context);
        _actions = new ActionTranslator(context, _outputs);
        States = new StateTranslator(context, _outputs, _actions);
        Messages = new MessageTranslator(context, _outputs);
    }

    public TranslationContext Context { get; }

    public StateTranslator States { get; }

    public MessageTranslator Messages { get; }

    /// <summary>
    /// How long the end of the log may be quiet before <see cref="Release()"/>: twice V1's own window, so that what comes in time is never
    /// early. Null: nothing is held.
    /// </summary>
    public TimeSpan? ReleaseAfter => Context switch
    {
        { HeldActions.Count: > 0, MayNeedConfirmation: false } => TimeSpan.Zero,
        { HeldActions.Count: > 0 } => s_actionWindow * 2,
        { HeldStatus: not null } or { ReportedStatus: not null } => s_statusWindow * 2,
        _ => null,
    };

    /// <summary>The next event of the V1 log. What the table does not have, or has nothing for, is no V0 event.</summary>
    public IReadOnlyList<TranslationOutput> Translate(JObject v1Event)
    {
        _outputs.Begin(v1Event.Text("id"));
        Expire(v1Event.Text("timestamp"));
        KindTable.FindEvent(v1Event.Text("kind"))?.Translate?.Invoke(this, v1Event);
        return _outputs.Take();
    }

    /// <summary>
    /// Something without a number: the state as a whole (never a state of its own in V0's log), or an error of the socket. Anything else
    /// is nothing yet: an event that V1 has published before it had it on disk comes again with its number, and counts then.
    /// </summary>
    public IReadOnlyList<TranslationOutput> TranslateTransient(JObject v1Event)
    {
        _outputs.Begin("");
        if (v1Event.Text("key") == "full_state" && v1Event.Object("value") is { } state)
        {
            Context.Confirmation = Context.Confirmation.With(state);
            States.OnReported(state.TextOrNull("execution_status"), v1Event.Text("timestamp"));
        }
        else if (v1Event.Text("kind") == "ServerErrorEvent")
        {
            OnServerError(v1Event);
        }

        return _outputs.Take();
    }

    /// <summary>As <see cref="Release()"/>, for what is held of actions, or for the status.</summary>
    public IReadOnlyList<TranslationOutput> Release(bool actions, bool status)
    {
        _outputs.Begin("");
        if (actions)
        {
            _actions.Release();
        }

        if (status)
        {
            States.Release();
        }

        return _outputs.Take();
    }

    /// <summary>The log has been quiet for <see cref="ReleaseAfter"/>: what is held is shown as it is.</summary>
    public IReadOnlyList<TranslationOutput> Release()
    {
        _outputs.Begin("");
        _actions.Release();
        States.Release();
        if (Context.ReportedStatus is { } reported)
        {
            States.OnStatus(reported, "", "");
            States.Release();
        }

        return _outputs.Take();
    }

    /// <summary>The log that was to have the action's observation is gone.</summary>
    public IReadOnlyList<TranslationOutput> Lose(TrackedAction action)
    {
        _outputs.Begin("");
        _actions.Lose(action);
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
            States.Release();
        }
    }

    public void OnMessage(JObject message)
    {
        switch (message.Text("source"))
        {
            case "user":
                _actions.Release();
                if (Context.HeldStatus?.Status == V1Status.Finished)
                {
                    States.Release();
                }

                Messages.OnUserMessage(message);
                break;
            case "agent":
                _actions.Release();
                _actions.ShowDeferredRunning(message.Text("timestamp"));
                Context.LastAgentEvent = LastAgentEvent.Message;
                Messages.OnAgentMessage(message);
                States.OnAgentMessage();
                break;
            default:
                // The framework's own nudges have the role of a user; V0 must not show them as one's words.
                break;
        }
    }

    public void OnAction(JObject actionEvent)
    {
        Context.LastAgentEvent = LastAgentEvent.Action;
        // Not executable: the AgentErrorEvent that follows says why.
        if (actionEvent.Object("action") is not { } action)
        {
            return;
        }

        States.Release();
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
        var tracked = new TrackedAction(
            actionEvent.Text("id"), actionEvent.Text("tool_call_id"), draft, actionEvent.Text("llm_response_id"));
        _actions.Hold(tracked, actionEvent.Text("timestamp"));
    }

    public void OnObservation(JObject observationEvent)
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

    public void OnRejection(JObject rejection)
    {
        _actions.Release();
        if (_actions.Reject(rejection))
        {
            States.OnRejected();
        }
    }

    public void OnAgentError(JObject error)
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
        if (errorId == V0StatusId.NotExecutedError)
        {
            States.OnServerRestarted(text, timestamp);
        }
    }

    public void OnServerError(JObject error) => _outputs.TransientMessage(V0Draft.ErrorTransientMessage(error.Text("detail")));

    public void OnStateUpdate(JObject update) => KindTable.FindStateKey(update.Text("key"))?.Translate?.Invoke(this, update);

    public void OnStats(JObject update)
    {
        if (update.Object("value") is { } stats)
        {
            Context.Metrics = LlmMetrics.From(stats) ?? Context.Metrics;
        }
    }

    public void OnConfirmationPolicy(JObject update) => Context.Confirmation = Context.Confirmation.WithPolicy(update.Object("value"));

    public void OnSecurityAnalyzer(JObject update) => Context.Confirmation = Context.Confirmation.WithAnalyzer(update["value"]);

    public void OnGoal(JObject update) => Context.IsGoalActive = update.Object("value").Flag("active");

    /// <summary>Several events for one call of an outer agent: the first is the action, the one that ends it the observation.</summary>
    public void OnAcpToolCall(JObject call)
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
