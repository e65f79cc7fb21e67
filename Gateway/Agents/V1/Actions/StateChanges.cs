using Gateway.Agents.V1.Bridge;
using Gateway.Agents.V1.Calls;
using Gateway.Agents.V1.Translation;
using Gateway.Agents.V1.Upstream;
using Gateway.Primitives.Json;

namespace Gateway.Agents.V1.Actions;

/// <summary>
/// Does what a user's change of state asks for, which is stored already: asks V1 how it stands, calls it, and shows what V1 does not show
/// because nothing ran. The room is told of what fails. Called from the loops of <see cref="UserActions"/>, two at a time.
/// </summary>
internal sealed class StateChanges(ConversationApi api, RoomStatus room, PendingRun pendingRun, Func<ConversationBridge?> bridge)
{
    private const string StillWaiting = "The agent server has not answered yet.";
    private const string NotSaid = "The agent server does not say whether an action waits for the user. The message was not sent.";

    // How long the log may be behind what V1 says of itself, so that a state of ours comes after what came before it.
    private static readonly TimeSpan s_logLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_firstLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestLookDelay = TimeSpan.FromSeconds(10);

    private TaskCompletionSource _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The log has a new status. Any thread.</summary>
    public void TurnChanged() =>
        Interlocked.Exchange(ref _turn, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>Why it could not be done; null when it is, or may be.</summary>
    /// <param name="isHeld">A run was held up by a pause: to go on is to run, although V1 is at rest.</param>
    public async Task<string?> ApplyAsync(string state, bool isHeld, CancellationToken cancellationToken)
    {
        var problem = state == V0State.Stopped
            ? await StopAsync(cancellationToken)
            : await ChangeAsync(state, isHeld, cancellationToken);
        if (problem is not null)
        {
            await room.TellFailedAsync(problem, cancellationToken);
        }

        return problem;
    }

    /// <summary>
    /// Rejects what waits for the user, before a message that runs the agent: V1 would take that for a confirmation, and V0 drops what
    /// waits. Why that could not be done; null when nothing waits. A status of old is no ground to run anything: a server that does not
    /// say how it stands is asked again until <see cref="ConversationApi.ActionTimeout"/>.
    /// </summary>
    public async Task<string?> RejectWaitingAsync(CancellationToken cancellationToken)
    {
        if (CurrentStatus is not { } status)
        {
            var found = await FindPatientlyAsync(cancellationToken);
            if (StatusOf(found) is not { } told)
            {
                return MayAnswerLater(found) ? NotSaid : found.Problem;
            }

            status = told;
        }

        if (status != V1Status.WaitingForConfirmation)
        {
            return null;
        }

        pendingRun.Cancel();
        var result = await api.PostAsync(api.Calls.Reject, cancellationToken);
        return result.IsSuccess ? null : result.Problem;
    }

    /// <summary>V1 has nothing under way, as it says itself.</summary>
    public async Task<bool> IsIdleAsync(CancellationToken cancellationToken) =>
        StatusOf(await api.FindAsync(cancellationToken)) == V1Status.Idle;

    /// <summary>Completes when V1's log has this status, or soon.</summary>
    public async Task UntilLoggedAsync(string status, CancellationToken cancellationToken)
    {
        var begun = api.TimeProvider.GetTimestamp();
        while (true)
        {
            var turn = Volatile.Read(ref _turn).Task;
            var left = s_logLimit - api.TimeProvider.GetElapsedTime(begun);
            if (bridge() is not { } current
                || (current.Status ?? V1Status.Idle) == status
                || left <= TimeSpan.Zero
                || !await RoomStatus.EndsInTimeAsync(turn, left, api.TimeProvider, cancellationToken))
            {
                return;
            }
        }
    }

    /// <summary>V1's status as its log has it; null when the log may be behind.</summary>
    private string? CurrentStatus => api.IsCurrent && bridge() is { } current ? current.Status ?? V1Status.Idle : null;

    /// <summary>What the server says of the conversation: asked again while it may answer later, as long as an action may take.</summary>
    private async Task<RestResult> FindPatientlyAsync(CancellationToken cancellationToken)
    {
        var begun = api.TimeProvider.GetTimestamp();
        var left = api.ActionTimeout;
        var delay = s_firstLook;
        while (true)
        {
            var found = await api.FindAsync(left, cancellationToken);
            left = api.ActionTimeout - api.TimeProvider.GetElapsedTime(begun) - delay;
            if (!MayAnswerLater(found) || left <= TimeSpan.Zero)
            {
                return found;
            }

            await Task.Delay(delay, api.TimeProvider, cancellationToken);
            delay = delay * 2 < s_longestLookDelay ? delay * 2 : s_longestLookDelay;
        }
    }

    private async Task<string?> StopAsync(CancellationToken cancellationToken)
    {
        // Before the call: what V1 shows of it is shown as V0's stop.
        bridge()?.RequestStop();
        // A status of old does for a stop: what it leads to is asked for afterwards.
        var before = CurrentStatus ?? StatusOf(await api.FindAsync(cancellationToken)) ?? bridge()?.Status;
        var waits = before == V1Status.WaitingForConfirmation;
        var result = await CallAsync(waits ? api.Calls.Reject : api.Calls.Interrupt, cancellationToken);
        if (!result.IsSuccess)
        {
            return await TellUnknownAsync(result, cancellationToken);
        }

        if (waits)
        {
            return null;
        }

        var after = StatusOf(await api.FindAsync(cancellationToken));
        if (after == V1Status.WaitingForConfirmation)
        {
            // It has come to wait before the stop, and an interrupt changes nothing then.
            result = await CallAsync(api.Calls.Reject, cancellationToken);
            return result.IsSuccess ? null : await TellUnknownAsync(result, cancellationToken);
        }

        if (after is not (null or V1Status.Running) && (after != V1Status.Paused || before == V1Status.Paused))
        {
            // Nothing ran, so V1 shows nothing.
            await ShowAsync(V0State.Stopped, after, cancellationToken);
        }

        return null;
    }

    private async Task<string?> ChangeAsync(string state, bool isHeld, CancellationToken cancellationToken)
    {
        var found = await WatchAsync(api.FindAsync(api.ActionTimeout, cancellationToken), cancellationToken);
        if (StatusOf(found) is not { } status)
        {
            // Nothing was called, so this is certain.
            return found.Problem;
        }

        var change = api.Calls.Change(state, status, bridge()?.ShownState, isHeld);
        if (change.ShownState is { } shown)
        {
            await ShowAsync(shown, status, cancellationToken);
        }

        if (change.Call is not { } call)
        {
            return null;
        }

        if (state == V0State.UserRejected)
        {
            pendingRun.Cancel();
        }

        var result = await CallAsync(call, cancellationToken);
        if (result.Status == 429)
        {
            pendingRun.Begin(call, isRefused: true);
            return null;
        }

        return result.IsSuccess ? null : await TellUnknownAsync(result, cancellationToken);
    }

    /// <summary>V0's state, after what V1's log has had until now.</summary>
    private async Task ShowAsync(string state, string status, CancellationToken cancellationToken)
    {
        await UntilLoggedAsync(status, cancellationToken);
        if (bridge() is { } current)
        {
            await current.ShowUserStateAsync(state, cancellationToken);
        }
    }

    private Task<RestResult> CallAsync(UpstreamCall call, CancellationToken cancellationToken) =>
        WatchAsync(api.PostAsync(call, cancellationToken), cancellationToken);

    private Task<RestResult> WatchAsync(Task<RestResult> call, CancellationToken cancellationToken) =>
        room.WatchAsync(call, api, StillWaiting, cancellationToken);

    /// <summary>An unknown outcome is no failure; any other is.</summary>
    private async Task<string?> TellUnknownAsync(RestResult result, CancellationToken cancellationToken)
    {
        if (!result.IsUnknown)
        {
            return result.Problem;
        }

        await room.TellUnknownAsync("The agent server has not answered; what it does will be shown.", cancellationToken);
        return null;
    }

    private static bool MayAnswerLater(RestResult found) => found.IsUnknown || found.Status is 429 or >= 500;

    private static string? StatusOf(RestResult found) => found.IsSuccess ? found.Object?.TextOrNull("execution_status") : null;
}
