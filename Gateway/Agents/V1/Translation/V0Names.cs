namespace Gateway.Agents.V1.Translation;

/// <summary>V0's agent states, as <c>agent_state_changed</c> shows them (PROTOCOL.md, "V0 enumerations").</summary>
internal static class V0State
{
    public const string Loading = "loading";
    public const string Running = "running";
    public const string AwaitingUserInput = "awaiting_user_input";
    public const string Paused = "paused";
    public const string Stopped = "stopped";
    public const string Finished = "finished";
    public const string Error = "error";
    public const string AwaitingConfirmation = "awaiting_user_confirmation";
    public const string UserConfirmed = "user_confirmed";
    public const string UserRejected = "user_rejected";
}

/// <summary>V1's execution states (PROTOCOL.md, "V1 execution states").</summary>
internal static class V1Status
{
    public const string Idle = "idle";
    public const string Running = "running";
    public const string Paused = "paused";
    public const string WaitingForConfirmation = "waiting_for_confirmation";
    public const string Finished = "finished";
    public const string Error = "error";
    public const string Stuck = "stuck";
    public const string Deleting = "deleting";
}

/// <summary>V0's status ids that the bridge uses (PROTOCOL.md, "V0 enumerations").</summary>
internal static class V0StatusId
{
    public const string StartingRuntime = "STATUS$STARTING_RUNTIME";
    public const string Ready = "STATUS$READY";
    public const string Error = "STATUS$ERROR";

    /// <summary>Not V0's own: its clients show the message of an id that they do not know.</summary>
    public const string Waiting = "STATUS$WAITING_FOR_AGENT_SERVER";

    public const string RuntimeDisconnected = "STATUS$ERROR_RUNTIME_DISCONNECTED";
    public const string NotExecutedStopped = "AGENT_ERROR$ERROR_ACTION_NOT_EXECUTED_STOPPED";
    public const string NotExecutedError = "AGENT_ERROR$ERROR_ACTION_NOT_EXECUTED_ERROR";
}
