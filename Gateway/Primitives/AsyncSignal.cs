namespace Gateway.Primitives;

/// <summary>
/// Tells one waiter to look again. A <see cref="Set"/> that nobody waits for is kept for the next wait, so nothing is lost between looking
/// and waiting; several count as one. Any thread may set; one may wait at a time. Whoever waits looks first, waits, and looks again.
/// </summary>
internal sealed class AsyncSignal
{
    private static readonly object s_set = new();

    // Null, or s_set, or the waiter.
    private object? _state;

    public void Set()
    {
        var state = Volatile.Read(ref _state);
        while (true)
        {
            // Written even where it is set already: the fence makes what the caller did before visible to the waiter that takes the signal.
            var seen = Interlocked.CompareExchange(ref _state, state is TaskCompletionSource ? null : s_set, state);
            if (ReferenceEquals(seen, state))
            {
                (state as TaskCompletionSource)?.TrySetResult();
                return;
            }

            state = seen;
        }
    }

    /// <summary>
    /// Completes with the next <see cref="Set"/>, at once when there has been one since the last wait. A wait that is cancelled takes none.
    /// </summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        if (ReferenceEquals(Interlocked.CompareExchange(ref _state, null, s_set), s_set))
        {
            return Task.CompletedTask;
        }

        // Elsewhere: whoever sets the signal has other things to do than the waiter's work.
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var seen = Interlocked.CompareExchange(ref _state, waiter, null);
        if (seen is TaskCompletionSource)
        {
            throw new InvalidOperationException("The signal has a waiter.");
        }

        if (seen is not null)
        {
            // Set since it was looked at. An exchange for its fence: what the waiter looks at next is newer than every Set that this takes.
            Interlocked.Exchange(ref _state, null);
            return Task.CompletedTask;
        }

        return cancellationToken.CanBeCanceled ? WaitAsync(waiter, cancellationToken) : waiter.Task;
    }

    /// <summary>
    /// The same with a limit: true when the signal has been taken, false when the time was over first, which takes none.
    /// </summary>
    /// <param name="limit">Zero or less only looks whether it is set.</param>
    public async Task<bool> WaitAsync(TimeSpan limit, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        try
        {
            await WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task WaitAsync(TaskCompletionSource waiter, CancellationToken cancellationToken)
    {
        await using var onCancel = cancellationToken.UnsafeRegister(
            (_, token) =>
            {
                // Once the waiter is out of the state nobody else completes it; a signal that came first is taken instead.
                if (ReferenceEquals(Interlocked.CompareExchange(ref _state, null, waiter), waiter))
                {
                    waiter.TrySetCanceled(token);
                }
            },
            null);
        await waiter.Task;
    }
}
