using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>What the agent did last in this run: it decides what V1's one word <c>finished</c> means in V0.</summary>
internal enum LastAgentEvent
{
    None,
    Action,
    Finish,
    Message,
}

/// <summary>A V1 status that waits for what follows it, V1's time of it, and the V1 event that says it; empty when none does.</summary>
internal sealed record HeldStatus(string Status, string Timestamp, string V1Id);

/// <summary>
/// All that a translation remembers between two V1 events. Owned by one translator, used by one thread. What is held is never
/// saved: the mark of the log is not moved past it, so that it comes again after a restart.
/// </summary>
internal sealed class TranslationContext
{
    /// <summary>
    /// Actions without an observation are forgotten, oldest first, past this number: a server that never answers costs bounded memory.
    /// </summary>
    public const int MaxOpenActions = 256;

    /// <summary>V1's last execution status in the log; null before the first.</summary>
    public string? Status { get; set; }

    /// <summary>V1's time of <see cref="Status"/>; empty when nothing of this process's says it. Not saved.</summary>
    public string StatusTimestamp { get; set; } = "";

    /// <summary>The newest that V1 has said of its status, in its log or beside it. Not saved.</summary>
    public string? LastWord { get; set; }

    /// <summary>V0's state as last shown, and the reason with it.</summary>
    public string? ShownState { get; set; }

    public string ShownReason { get; set; } = "";

    /// <summary>Which actions the conversation waits for the user with.</summary>
    public ConfirmationRules Confirmation { get; set; } = ConfirmationRules.Unknown;

    /// <summary>What a snapshot said last about the status, when no event of the log has followed it.</summary>
    public string? ReportedStatus { get; set; }

    public LastAgentEvent LastAgentEvent { get; set; }

    /// <summary>Costs so far, as V0's <c>llm_metrics</c>.</summary>
    public JObject? Metrics { get; set; }

    /// <summary>Where the browser is: V1's observations do not say.</summary>
    public string BrowserUrl { get; set; } = "";

    /// <summary>
    /// A client asked to stop, and the server has only a pause or a rejection for it: what follows is shown as V0's <c>stopped</c>.
    /// </summary>
    public bool StopRequested { get; set; }

    /// <summary>A rejection was shown as a stop: the <c>idle</c> that goes with it is <c>stopped</c>.</summary>
    public bool HasStoppedWaiting { get; set; }

    /// <summary>A goal is at work, as V1 said last; null as long as it said nothing.</summary>
    public bool? IsGoalActive { get; set; }

    /// <summary>
    /// The <c>file_urls</c> of the message at hand, which V1 does not keep; looked up before it is translated. Null: there are none.
    /// </summary>
    public JArray? FileUrls { get; set; }

    /// <summary>Announced, and without observation yet, in order.</summary>
    public List<TrackedAction> Open { get; } = [];

    /// <summary>Waiting for the user's confirmation; a part of <see cref="Open"/>.</summary>
    public List<TrackedAction> Awaiting { get; } = [];

    /// <summary>The rejected copies of <see cref="Awaiting"/> are announced; the rejections follow.</summary>
    public bool RejectionAnnounced { get; set; }

    /// <summary>A confirmed action is at work: V0 says <c>running</c> only after its observation.</summary>
    public bool RunningDeferred { get; set; }

    /// <summary>Actions that may turn out to need confirmation, not announced yet, and V1's time of the last one.</summary>
    public List<TrackedAction> HeldActions { get; } = [];

    public string HeldActionsTimestamp { get; set; } = "";

    public HeldStatus? HeldStatus { get; set; }

    public bool HoldsAnything => HeldActions.Count > 0 || HeldStatus is not null;

    /// <summary>V0 ids of the V1 events that the condensation at hand forgets; looked up before it is translated.</summary>
    public Dictionary<string, IReadOnlyList<int>> V0Ids { get; } = new(StringComparer.Ordinal);

    /// <summary>Calls of an outer agent that are over: their late events are no new calls.</summary>
    public List<string> EndedAcpCalls { get; } = [];

    /// <summary>Whether what is held may turn out to wait for the user.</summary>
    public bool MayNeedConfirmation => Confirmation.MayAsk(
        HeldActions.Select(static action => action.Risk),
        isOnlyTalk: HeldActions is [{ Name: "think" or "finish" }]);

    /// <summary>
    /// V1's log is gone, and its run with it: what the next log says begins anew. What was shown, and what V1 has said beside the log,
    /// stays.
    /// </summary>
    public void ForgetRun()
    {
        Status = null;
        StatusTimestamp = "";
        ReportedStatus = null;
        LastAgentEvent = LastAgentEvent.None;
        BrowserUrl = "";
        StopRequested = false;
        HasStoppedWaiting = false;
        IsGoalActive = null;
        RejectionAnnounced = false;
        RunningDeferred = false;
        Open.Clear();
        Awaiting.Clear();
        EndedAcpCalls.Clear();
    }

    public void AddOpen(TrackedAction action)
    {
        if (Open.Count == MaxOpenActions)
        {
            Awaiting.Remove(Open[0]);
            Open.RemoveAt(0);
        }

        Open.Add(action);
    }

    public void EndAcpCall(string toolCallId)
    {
        if (EndedAcpCalls.Count == MaxOpenActions)
        {
            EndedAcpCalls.RemoveAt(0);
        }

        EndedAcpCalls.Add(toolCallId);
    }

    public void Close(TrackedAction action)
    {
        Open.Remove(action);
        Awaiting.Remove(action);
    }

    public TrackedAction? FindOpen(string? actionId, string? toolCallId) =>
        Open.Find(action => actionId is { Length: > 0 } && action.V1Id == actionId)
        ?? Open.Find(action => toolCallId is { Length: > 0 } && action.ToolCallId == toolCallId);
}
