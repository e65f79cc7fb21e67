using Gateway.Agents.V1.Calls;
using Gateway.Agents.V1.Translation;
using Gateway.Agents.V1.Upstream;
using Gateway.Primitives;
using Gateway.Primitives.Json;

namespace Gateway.Agents.V1.Actions;

/// <summary>
/// Asks a server that runs too many conversations already, or was killed before it ran this one, for its turn, again and again:
/// <c>/run</c> for a message that it has saved, or a confirmation. One is asked for at a time, the newest. Owned by the user's actions,
/// whose loop is <see cref="RunAsync"/>; the other members may be called from any thread.
/// </summary>
internal sealed class PendingRun(ConversationApi api, RoomStatus room)
{
    private const string IsAway = "The agent server has the message and cannot be reached; it is asked to run it.";
    private const string WaitsForTurn = "The agent server runs as many conversations as it may. This one waits for its turn.";

    private static readonly TimeSpan s_firstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromSeconds(15);

    private readonly AsyncSignal _changed = new();
    private volatile UpstreamCall? _call;
    private volatile bool _isReachable = true;
    private volatile bool _isRefused;

    /// <summary>Something is asked for, of a server that answers: of one that is not there nobody knows when it will.</summary>
    public bool IsBusy => _call is not null && _isReachable;

    /// <param name="isRefused">The server has just said that too many run. Else it is asked at once, before anybody is told.</param>
    public void Begin(UpstreamCall call, bool isRefused)
    {
        _isReachable = true;
        _isRefused = isRefused;
        _call = call;
        _changed.Set();
    }

    /// <summary>The user wants something else, or it runs. True when something was asked for.</summary>
    public bool Cancel()
    {
        var wasAsked = Interlocked.Exchange(ref _call, null) is not null;
        _changed.Set();
        return wasAsked;
    }

    /// <summary>V1's log has a new status.</summary>
    public void OnStatus(string? status)
    {
        var isOver = _call == api.Calls.Run ? status == V1Status.Running : status != V1Status.WaitingForConfirmation;
        if (isOver)
        {
            Cancel();
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _changed.WaitAsync(cancellationToken);
            if (_call is { } call && (_isRefused || !await AskOnceAsync(call, cancellationToken)))
            {
                await room.BeginWaitAsync(_isReachable ? WaitsForTurn : IsAway, cancellationToken);
                await AskAsync(cancellationToken);
                await room.EndWaitAsync(cancellationToken);
            }
        }
    }

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        var delay = s_firstDelay;
        while (_call is { } call)
        {
            if (await _changed.WaitAsync(delay, api.TimeProvider, cancellationToken))
            {
                delay = s_firstDelay;
                continue;
            }

            await AskOnceAsync(call, cancellationToken);
            delay = delay * 2 < s_longestDelay ? delay * 2 : s_longestDelay;
        }
    }

    /// <summary>True when there is nothing to ask for any more, for this call.</summary>
    private async Task<bool> AskOnceAsync(UpstreamCall call, CancellationToken cancellationToken)
    {
        var isOver = await TryAsync(call, cancellationToken);
        if (isOver)
        {
            Interlocked.CompareExchange(ref _call, null, call);
        }

        return isOver;
    }

    /// <summary>True when there is nothing to ask for any more.</summary>
    private async Task<bool> TryAsync(UpstreamCall call, CancellationToken cancellationToken)
    {
        // Asked first: it may run by now, or have run, and a confirmation of nothing would run it once more.
        var found = await api.FindAsync(cancellationToken);
        _isReachable = found.Status != 0;
        if (found.Object?.TextOrNull("execution_status") is not { } status || !found.IsSuccess)
        {
            return found.Status is 401 or 403 or 404;
        }

        if (!IsWanted(call, status) || _call != call)
        {
            return true;
        }

        var result = await api.PostAsync(call, cancellationToken);
        if (result.IsSuccess)
        {
            return true;
        }

        if (result.Status is 0 or 429 or 502 or 503 or 504)
        {
            return false;
        }

        await room.TellFailedAsync(result.Problem, cancellationToken);
        return true;
    }

    private bool IsWanted(UpstreamCall call, string status) => call == api.Calls.Run
        ? status is V1Status.Idle or V1Status.Paused or V1Status.Error or V1Status.Stuck
        : status == V1Status.WaitingForConfirmation;
}
