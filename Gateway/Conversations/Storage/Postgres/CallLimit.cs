namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// The time limit of something that Npgsql does. When it is over Npgsql asks the server to cancel, and waits for the server on the thread
/// that cancels: while a server is frozen so many threads of the pool would wait there that nothing else runs in the process. So that is
/// done on a thread of its own, of which there are never more than connections. Used by one call; <see cref="Token"/> from any thread.
/// </summary>
internal sealed class CallLimit : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenRegistration _stopping;
    private readonly ITimer _timer;

    public CallLimit(TimeSpan limit, CancellationToken stoppingToken)
    {
        Token = _source.Token;
        _timer = TimeProvider.System.CreateTimer(static state => ((CallLimit)state!).Cancel(), this, limit, Timeout.InfiniteTimeSpan);
        _stopping = stoppingToken.UnsafeRegister(static state => ((CallLimit)state!).Cancel(), this);
    }

    public CancellationToken Token { get; }

    /// <summary>The source is left to the collector: its thread may still be in it.</summary>
    public void Dispose()
    {
        _stopping.Unregister();
        _timer.Dispose();
    }

    private void Cancel() => _ = Task.Factory.StartNew(
        static state => ((CancellationTokenSource)state!).Cancel(),
        _source,
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);
}
