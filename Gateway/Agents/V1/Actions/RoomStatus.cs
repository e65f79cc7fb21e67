using Gateway.Agents.V1.Translation;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;

namespace Gateway.Agents.V1.Actions;

/// <summary>
/// What the room is told of users' actions on their way: status updates, which leave nothing in the log. Thread-safe; each of its users
/// calls it from a loop of its own.
/// </summary>
internal sealed class RoomStatus(IAgentConversation conversation)
{
    private int _waiting;

    /// <summary>Something takes its time, and is no error. Paired with one <see cref="EndWaitAsync"/>.</summary>
    public ValueTask BeginWaitAsync(string message, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        return TellAsync("info", V0StatusId.Waiting, message, cancellationToken);
    }

    /// <summary>Nothing is waited for any more: clients show the last status until there is another.</summary>
    public ValueTask EndWaitAsync(CancellationToken cancellationToken) => Interlocked.Decrement(ref _waiting) == 0
        ? TellAsync("info", V0StatusId.Ready, "", cancellationToken)
        : ValueTask.CompletedTask;

    /// <summary>Something has not been done, for certain.</summary>
    public ValueTask TellFailedAsync(string problem, CancellationToken cancellationToken) =>
        TellAsync("error", V0StatusId.Error, problem, cancellationToken);

    /// <summary>Nobody knows whether something has been done: if it has, it will be shown.</summary>
    public ValueTask TellUnknownAsync(string message, CancellationToken cancellationToken) =>
        TellAsync("info", V0StatusId.Waiting, message, cancellationToken);

    /// <summary>Awaits <paramref name="call"/>, and tells the room when that takes longer than a call usually may.</summary>
    public async Task<RestResult> WatchAsync(
        Task<RestResult> call, ConversationApi api, string message, CancellationToken cancellationToken)
    {
        if (await EndsInTimeAsync(call, api.Timeout, api.TimeProvider, cancellationToken))
        {
            return await call;
        }

        await BeginWaitAsync(message, cancellationToken);
        var result = await call;
        await EndWaitAsync(cancellationToken);
        return result;
    }

    /// <summary>Whether a task completes, with whatever outcome, before the limit.</summary>
    public static async Task<bool> EndsInTimeAsync(
        Task task, TimeSpan limit, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = await Task.WhenAny(task, Task.Delay(limit, timeProvider, stop.Token));
        await stop.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return first == task;
    }

    private ValueTask TellAsync(string type, string id, string message, CancellationToken cancellationToken) =>
        conversation.NotifyAsync(V0Draft.Status(type, id, message), cancellationToken);
}
