namespace Gateway.EngineIO.Kestrel;

/// <summary>
/// How long a client may take to send its first request's head. Clients that begin within a second of one another share one cancellation:
/// a timer and a token source for each would cost an idle client more memory than its session does. One instance for the process; any
/// thread.
/// </summary>
internal sealed class HeadDeadline : IDisposable
{
    private static readonly TimeSpan s_shared = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _timeProvider;
    private readonly CancellationToken _stopping;
    private readonly CancellationTokenRegistration _onStop;
    private readonly Lock _lock = new();

    // Guarded by _lock: those that have not passed yet, the newest last.
    private readonly List<CancellationTokenSource> _pending = [];
    private long _newest;

    /// <param name="timeProvider">The clock.</param>
    /// <param name="stopping">Cancelled when the server stops: it does not wait for heads.</param>
    public HeadDeadline(TimeProvider timeProvider, CancellationToken stopping)
    {
        _timeProvider = timeProvider;
        _stopping = stopping;
        _onStop = stopping.UnsafeRegister(static state => ((HeadDeadline)state!).CancelAll(), this);
    }

    /// <summary>Kestrel's own limits begin when a connection is handed on to it, so who sends nothing gets both.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(5);

    /// <summary>For one connection that begins to wait now: cancelled within a second of <see cref="Limit"/>.</summary>
    public CancellationToken Next()
    {
        lock (_lock)
        {
            if (_stopping.IsCancellationRequested)
            {
                return _stopping;
            }

            var now = _timeProvider.GetTimestamp();
            if (_pending.Count == 0 || _pending[^1].IsCancellationRequested || _timeProvider.GetElapsedTime(_newest, now) >= s_shared)
            {
                _pending.RemoveAll(static passed => passed.IsCancellationRequested);
                _pending.Add(new CancellationTokenSource(Limit + s_shared, _timeProvider));
                _newest = now;
            }

            return _pending[^1].Token;
        }
    }

    public void Dispose()
    {
        _onStop.Dispose();
        lock (_lock)
        {
            _pending.ForEach(static source => source.Dispose());
            _pending.Clear();
        }
    }

    private void CancelAll()
    {
        CancellationTokenSource[] all;
        lock (_lock)
        {
            all = [.. _pending];
        }

        foreach (var source in all)
        {
            source.Cancel();
        }
    }
}
