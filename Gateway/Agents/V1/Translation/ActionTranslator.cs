using Gateway.Conversations.Events;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// Actions from V1's <c>ActionEvent</c> to V0's observation. V1 says that it waits for a confirmation after the actions, V0 before
/// them: actions are held until what follows tells. Owned by one translator, used by one thread.
/// </summary>
internal sealed class ActionTranslator(TranslationContext context, OutputList outputs)
{
    // More actions in one answer of a model than anybody has seen; past it they are shown unconfirmed.
    private const int MaxHeldActions = 64;

    private const string Stopped = "Stop button pressed. The action has not been executed.";

    private const string Lost = "The agent server has lost the log of this conversation: what has come of the action is not known.";

    private const string UserRejection = "Action has been rejected by the user! Waiting for further user input.";

    public void Hold(TrackedAction action, string timestamp)
    {
        context.HeldActions.Add(action);
        context.HeldActionsTimestamp = timestamp;
        if (context.HeldActions.Count == MaxHeldActions)
        {
            Release();
        }
    }

    /// <summary>What was held needs no confirmation.</summary>
    public void Release()
    {
        foreach (var action in context.HeldActions)
        {
            Announce(action, action.V1Id);
            context.AddOpen(action);
        }

        context.HeldActions.Clear();
    }

    /// <summary>V1 waits: the state first, then the actions with the buttons on them.</summary>
    public void RequestConfirmation(string timestamp)
    {
        outputs.State(timestamp, V0State.AwaitingConfirmation);
        var held = context.HeldActions.ToList();
        context.HeldActions.Clear();
        context.Awaiting.Clear();
        context.RejectionAnnounced = false;
        // Shown already, as if they needed nothing: shown again, or V0's clients have no buttons.
        foreach (var action in context.Open.Where(shown => held.Count == 0 || IsOfTheBatch(shown, held[0])).ToList())
        {
            SetConfirmation(action, "awaiting_confirmation");
            AnnounceCopy(action, timestamp);
            context.Awaiting.Add(action);
        }

        foreach (var action in held)
        {
            SetConfirmation(action, "awaiting_confirmation");
            Announce(action, action.V1Id);
            context.AddOpen(action);
            context.Awaiting.Add(action);
        }
    }

    /// <summary>The user confirmed: V0 shows each action a second time, and its observation names the second one.</summary>
    public void Confirm(string timestamp)
    {
        foreach (var action in context.Awaiting)
        {
            SetConfirmation(action, "confirmed");
            AnnounceCopy(action, timestamp);
        }

        context.Awaiting.Clear();
        outputs.State(timestamp, V0State.UserConfirmed);
        context.RunningDeferred = true;
    }

    /// <summary>The user rejected: one answer holds for all that wait. True when that was the last of them.</summary>
    public bool Reject(JObject rejection)
    {
        var timestamp = rejection.Text("timestamp");
        var action = context.FindOpen(rejection.TextOrNull("action_id"), rejection.TextOrNull("tool_call_id"));
        if (rejection.Text("rejection_source") == "hook")
        {
            var error = V0Draft.Error(timestamp, rejection.Text("rejection_reason"));
            outputs.Append(error, EventSource.Agent, answers: action);
            Close(action);
            return context.Awaiting.Count == 0;
        }

        if (context.StopRequested && context.Awaiting.Count > 0)
        {
            return Stop(action, timestamp);
        }

        if (context.Awaiting.Count > 0 && !context.RejectionAnnounced)
        {
            AnnounceRejection(timestamp);
        }

        var reason = rejection.Text("rejection_reason");
        var content = reason.Length == 0 || reason.StartsWith("User rejected the action", StringComparison.Ordinal)
            ? UserRejection
            : $"{UserRejection} {reason}";
        outputs.Append(V0Draft.Observation(timestamp, "user_rejected", content), EventSource.Agent, answers: action);
        Close(action);
        return context.Awaiting.Count == 0;
    }

    /// <summary>An observation, when V0 has one for it, and what it settles.</summary>
    public void Answer(JObject? observation, EventSource source, TrackedAction? action, string timestamp)
    {
        if (observation is not null)
        {
            outputs.Append(observation, source, answers: action);
        }

        Close(action);
        ShowDeferredRunning(timestamp);
    }

    /// <summary>V0 says <c>running</c> after the confirmed action's observation, or before whatever comes in its place.</summary>
    public void ShowDeferredRunning(string timestamp)
    {
        if (!context.RunningDeferred)
        {
            return;
        }

        context.RunningDeferred = false;
        if (context.Status == V1Status.Running)
        {
            outputs.State(timestamp, V0State.Running);
        }
    }

    /// <summary>An interrupt ends what is under way without an observation; V0 closes such an action with this error.</summary>
    public void CloseInterrupted(string timestamp)
    {
        foreach (var action in context.Open.Except(context.Awaiting).ToList())
        {
            outputs.Append(V0Draft.Error(timestamp, Stopped, V0StatusId.NotExecutedStopped), EventSource.Agent, answers: action);
            context.Close(action);
        }
    }

    /// <summary>Nothing will answer the action.</summary>
    public void Lose(TrackedAction action)
    {
        outputs.Append(V0Draft.Error("", Lost, V0StatusId.NotExecutedError), EventSource.Agent, answers: action);
        context.Close(action);
    }

    /// <summary>A stop while actions wait is a rejection for V1. For V0 it rejects nothing: it ends what waits with an error.</summary>
    private bool Stop(TrackedAction? action, string timestamp)
    {
        outputs.Append(V0Draft.Error(timestamp, Stopped, V0StatusId.NotExecutedStopped), EventSource.Agent, answers: action);
        Close(action);
        if (context.Awaiting.Count > 0)
        {
            return false;
        }

        context.StopRequested = false;
        context.HasStoppedWaiting = true;
        return true;
    }

    private static bool IsOfTheBatch(TrackedAction shown, TrackedAction held) => shown.Batch.Length > 0 && shown.Batch == held.Batch;

    private void AnnounceRejection(string timestamp)
    {
        context.RejectionAnnounced = true;
        foreach (var action in context.Awaiting)
        {
            SetConfirmation(action, "rejected");
            AnnounceCopy(action, timestamp);
        }

        outputs.State(timestamp, V0State.UserRejected);
    }

    /// <param name="action">What is announced.</param>
    /// <param name="v1Id">The action's own for the first time; null: it is announced again for the V1 event at hand.</param>
    private void Announce(TrackedAction action, string? v1Id = null) =>
        outputs.Append(action.Draft, EventSource.Agent, announces: action, v1Id: v1Id);

    private void AnnounceCopy(TrackedAction action, string timestamp)
    {
        var copy = (JObject)action.Draft.DeepClone();
        copy["timestamp"] = timestamp;
        if (copy.Object("args") is { } args && args["thought"] is not null)
        {
            args["thought"] = "";
        }

        action.Draft = copy;
        Announce(action);
    }

    /// <summary>
    /// V0's <c>run</c> always says it. The other actions have no such argument and V0's own reader refuses one it does not know; its web
    /// client needs it for the buttons all the same (PROTOCOL.md, "What V0 clients need"), so they carry it while it says more than the
    /// default.
    /// </summary>
    private static void SetConfirmation(TrackedAction action, string state)
    {
        action.Draft = (JObject)action.Draft.DeepClone();
        var args = action.Args;
        if (state == "confirmed" && action.Name is not ("run" or "run_ipython"))
        {
            args.Remove("confirmation_state");
        }
        else
        {
            args["confirmation_state"] = state;
        }
    }

    private void Close(TrackedAction? action)
    {
        if (action is not null)
        {
            context.Close(action);
        }
    }
}
