using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;

namespace Gateway.Conversations.Workspaces.Local;

/// <summary>
/// Runs what waits for the workspace's files on the store's threads (<see cref="StorageThreads"/>): within a time limit, and no more at
/// once than leaves threads to the conversations when the workspace stands on a mount that hangs. Any thread.
/// </summary>
internal sealed class WorkspaceCalls(StorageThreads threads)
{
    // To the threads each is a conversation, which has a few calls at once.
    private static readonly ConversationKey[] s_lanes = [.. Lanes()];

    private uint _turn;

    /// <summary>
    /// The call's result. The wait ends with a <see cref="StorageException"/> when the time limit has passed, or with the token; the call
    /// itself goes on to its end, with all that it was given.
    /// </summary>
    public ValueTask<TResult> RunAsync<TState, TResult>(TState state, Func<TState, TResult> call, CancellationToken cancellationToken)
    {
        var lane = s_lanes[Interlocked.Increment(ref _turn) % s_lanes.Length];
        return threads.RunAsync(lane, StorageCallKind.Read, state, call, cancellationToken);
    }

    /// <summary>
    /// Disposes what calls have used, in its turn after one that hangs. Nobody waits longer than for any call: the first failure is the one
    /// to report.
    /// </summary>
    public async ValueTask DisposeAsync(IDisposable used)
    {
        try
        {
            await RunAsync(
                used,
                static used =>
                {
                    used.Dispose();
                    return true;
                },
                CancellationToken.None);
        }
        catch (StorageException exception) when (IsLate(exception))
        {
            // It is disposed when the files answer, or by the garbage collector.
        }
    }

    /// <summary>What <paramref name="answer"/> gives, or that the files did not answer in time.</summary>
    public static async ValueTask<WorkspaceResult<T>> InTimeAsync<T>(Func<ValueTask<WorkspaceResult<T>>> answer)
    {
        try
        {
            return await answer();
        }
        catch (StorageException exception) when (IsLate(exception))
        {
            return new WorkspaceError(WorkspaceFailure.Unreachable, "", "The workspace did not answer in time.");
        }
    }

    private static bool IsLate(StorageException exception) => exception.Failure is StorageFailure.TimedOut or StorageFailure.Busy;

    private static IEnumerable<ConversationKey> Lanes()
    {
        for (var i = 1; i <= 4; i++)
        {
            if (ConversationId.TryParse($"workspace-{i}", out var id))
            {
                yield return new ConversationKey(id, null);
            }
        }
    }
}
