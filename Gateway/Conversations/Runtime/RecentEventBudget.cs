namespace Gateway.Conversations.Runtime;

/// <summary>
/// Bounds what all conversations together keep in memory for their cursors (<see cref="RecentEventCache"/>). Whoever is refused keeps
/// nothing: its cursors read the store. One for the process; any thread.
/// </summary>
internal sealed class RecentEventBudget(ConversationsOptions options)
{
    private readonly long _limit = options.MaxRecentEventBytes;
    private long _held;

    public long HeldBytes => Volatile.Read(ref _held);

    /// <summary>False when the budget is spent. Every success is paired with one <see cref="Release"/> of as many bytes.</summary>
    public bool TryReserve(int bytes)
    {
        if (Interlocked.Add(ref _held, bytes) <= _limit)
        {
            return true;
        }

        Interlocked.Add(ref _held, -bytes);
        return false;
    }

    public void Release(long bytes) => Interlocked.Add(ref _held, -bytes);
}
