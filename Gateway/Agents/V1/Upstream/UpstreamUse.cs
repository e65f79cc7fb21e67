using Gateway.Primitives;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// Whether somebody needs a conversation's socket: while a user's action is under way, and for <paramref name="detachAfter"/> after it. A
/// socket that is held keeps a container awake, so it is held for nobody else but an agent at work. Thread-safe.
/// </summary>
/// <param name="detachAfter">Zero: the socket is held as long as the conversation is open.</param>
internal sealed class UpstreamUse(TimeSpan detachAfter, TimeProvider timeProvider)
{
    private readonly AsyncSignal _changed = new();
    private int _holds;
    private long _lastEnd;
    private bool _wasUsed;

    public TimeSpan DetachAfter => detachAfter;

    /// <summary>When nobody needs the socket any more; zero: now, null: as long as something is under way.</summary>
    public TimeSpan? EndsIn
    {
        get
        {
            if (detachAfter == TimeSpan.Zero || Volatile.Read(ref _holds) > 0)
            {
                return null;
            }

            var left = Volatile.Read(ref _wasUsed)
                ? detachAfter - timeProvider.GetElapsedTime(Volatile.Read(ref _lastEnd))
                : TimeSpan.Zero;
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public bool IsNeeded => EndsIn != TimeSpan.Zero;

    /// <summary>An action begins; the socket is needed until what this gives is disposed, and a while longer.</summary>
    public IDisposable Hold()
    {
        Interlocked.Increment(ref _holds);
        _changed.Set();
        return new Held(this);
    }

    /// <summary>Whoever waits looks again.</summary>
    public void Wake() => _changed.Set();

    /// <summary>
    /// Completes when an action has begun or ended, or at <see cref="Wake"/>: how long the socket is needed may be another time then.
    /// </summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _changed.WaitAsync(cancellationToken);

    /// <summary>
    /// The same with a limit: false when the time is over. One waits at a time.
    /// </summary>
    public Task<bool> WaitAsync(TimeSpan limit, CancellationToken cancellationToken) =>
        _changed.WaitAsync(limit, timeProvider, cancellationToken);

    private void End()
    {
        Volatile.Write(ref _lastEnd, timeProvider.GetTimestamp());
        Volatile.Write(ref _wasUsed, true);
        Interlocked.Decrement(ref _holds);
        _changed.Set();
    }

    private sealed class Held(UpstreamUse use) : IDisposable
    {
        private int _isDisposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            {
                use.End();
            }
        }
    }
}
