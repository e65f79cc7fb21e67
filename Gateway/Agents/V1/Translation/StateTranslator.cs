using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// V1's execution status as V0's agent state (PROTOCOL.md, "V1 states as V0 states"). Some words say too little when they come
/// (<c>error</c> before its reason, <c>finished</c> before the answer, <c>idle</c> between two runs): those are held until what follows
/// tells, or nothing follows. Owned by one translator, used by one thread.
/// </summary>
internal sealed class StateTranslator(TranslationContext context, OutputList outputs, ActionTranslator actions)
{
    public void OnStatus(JObject update) => OnStatus(update.Text("value"), update.Text("timestamp"), update.Text("id"));

    /// <param name="status">V1's status.</param>
    /// <param name="timestamp">V1's time of it; empty when it does not say.</param>
    /// <param name="v1Id">The event of the log that says it; empty when none does.</param>
    public void OnStatus(string status, string timestamp, string v1Id)
    {
        // finished -> idle -> running is one user's turn: the idle in it was never meant for anybody.
        if (status == V1Status.Running && context.HeldStatus?.Status == V1Status.Idle && context.Awaiting.Count == 0)
        {
            context.HeldStatus = null;
        }

        Release();
        if (status != V1Status.WaitingForConfirmation)
        {
            actions.Release();
        }

        context.Status = status;
        context.LastWord = status;
        context.StatusTimestamp = timestamp.Length > 0 ? timestamp : context.StatusTimestamp;
        context.ReportedStatus = null;
        if (status != V1Status.Running)
        {
            context.RunningDeferred = false;
        }

        if (status == V1Status.Running)
        {
            context.LastAgentEvent = LastAgentEvent.None;
            context.StopRequested = false;
        }

        context.HasStoppedWaiting = false;
        Show(status, timestamp, v1Id);
    }

    /// <summary>
    /// A snapshot of the server's: it counts when no event of the log follows it. One that was made before the log's last status, and came
    /// after it, does not.
    /// </summary>
    public void OnReported(string? status, string timestamp)
    {
        if (!V1Timestamp.IsPast(timestamp, context.StatusTimestamp, TimeSpan.Zero))
        {
            context.LastWord = status;
            context.ReportedStatus = status != context.Status ? status : null;
        }
    }

    /// <summary>Nothing tells more: the held status is what it looks like.</summary>
    public void Release()
    {
        if (context.HeldStatus is not { } held)
        {
            return;
        }

        context.HeldStatus = null;
        switch (held.Status)
        {
            case V1Status.Idle:
                context.Awaiting.Clear();
                outputs.State(held, context.HasStoppedWaiting ? V0State.Stopped : V0State.AwaitingUserInput);
                context.HasStoppedWaiting = false;
                break;
            case V1Status.Paused:
                ShowPaused(held.Timestamp, interrupted: false, held.V1Id);
                break;
            case V1Status.Finished:
                outputs.State(held, V0State.Finished);
                break;
            default:
                outputs.State(held, V0State.Error);
                break;
        }
    }

    /// <summary>What follows a held pause tells which it was.</summary>
    public void OnPaused(JObject pause, bool interrupted)
    {
        var timestamp = pause.Text("timestamp");
        var held = context.HeldStatus is { Status: V1Status.Paused } paused ? paused : null;
        context.HeldStatus = held is null ? context.HeldStatus : null;
        if (interrupted)
        {
            actions.Release();
            actions.CloseInterrupted(timestamp);
        }

        if (context.Status == V1Status.Paused)
        {
            // A held pause may be shown already as what it looked like: an interruption is said for itself then.
            ShowPaused(interrupted ? timestamp : held?.Timestamp ?? timestamp, interrupted, interrupted ? null : held?.V1Id);
        }
    }

    public void OnConversationError(JObject error)
    {
        context.HeldStatus = context.HeldStatus?.Status == V1Status.Error ? null : context.HeldStatus;
        ShowError(ErrorReason.From(error), error.Text("timestamp"));
    }

    /// <summary>
    /// The server died in a run and has come back: its <c>error</c> has no reason of its own, and the tool that was at work tells it. The
    /// first of several tools does.
    /// </summary>
    public void OnServerRestarted(string reason, string timestamp)
    {
        if (context.HeldStatus is { Status: V1Status.Error } held)
        {
            context.HeldStatus = null;
            ShowError(new ErrorReason(V0StatusId.Error, reason), timestamp, held.V1Id);
        }
    }

    /// <summary>The agent's answer ends its turn; the older server says <c>finished</c> before the answer.</summary>
    public void OnAgentMessage()
    {
        if (context.HeldStatus is { Status: V1Status.Finished } held)
        {
            context.HeldStatus = null;
            outputs.State(held, V0State.AwaitingUserInput);
        }
    }

    /// <summary>The rejections are all shown: the idle that came before them may follow.</summary>
    public void OnRejected()
    {
        if (context.HeldStatus?.Status == V1Status.Idle)
        {
            Release();
        }
    }

    private void ShowError(ErrorReason reason, string timestamp, string? v1Id = null)
    {
        var message = reason.StatusId == V0StatusId.Error ? reason.Reason : reason.StatusId;
        outputs.TransientMessage(V0Draft.Status("error", reason.StatusId, message));
        outputs.State(timestamp, V0State.Error, reason.Reason, v1Id);
    }

    private void Show(string status, string timestamp, string v1Id)
    {
        switch (status)
        {
            case V1Status.Running when context.Awaiting.Count > 0:
                actions.Confirm(timestamp);
                break;
            case V1Status.Running:
                outputs.State(timestamp, V0State.Running);
                break;
            case V1Status.WaitingForConfirmation:
                actions.RequestConfirmation(timestamp);
                break;
            case V1Status.Finished when context.LastAgentEvent == LastAgentEvent.Finish:
                outputs.State(timestamp, V0State.Finished);
                break;
            case V1Status.Finished when context.LastAgentEvent == LastAgentEvent.Message:
                // A plain answer: V0 waits for the user, as after any answer.
                outputs.State(timestamp, V0State.AwaitingUserInput);
                break;
            case V1Status.Stuck:
                outputs.State(timestamp, V0State.Error, ErrorReason.Stuck);
                break;
            case V1Status.Deleting:
                outputs.State(timestamp, V0State.Stopped);
                break;
            case V1Status.Idle or V1Status.Paused or V1Status.Finished or V1Status.Error:
                context.HeldStatus = new HeldStatus(status, timestamp, v1Id);
                break;
            default:
                // A status of a later server: nothing that V0 could show.
                break;
        }
    }

    private void ShowPaused(string timestamp, bool interrupted, string? v1Id)
    {
        outputs.State(timestamp, interrupted || context.StopRequested ? V0State.Stopped : V0State.Paused, v1Id: v1Id);
        context.StopRequested = false;
    }
}
