using System.Diagnostics;
using System.Threading.RateLimiting;

namespace Gateway.Primitives;

/// <summary>
/// A limiter for each key, made when the key is first seen. Those that nobody uses any more go when the table has doubled, is full, or is
/// measured: .NET's own table looks for them ten times a second instead, which is most of what a process without clients does. The table
/// is bounded: while it is full, keys that would be new are not limited, because then it is no single one that does too much, and what is
/// limited in all holds for them too. The owner disposes of it; any thread.
/// </summary>
/// <typeparam name="TKey">Compared by value.</typeparam>
internal sealed class KeyedLimiter<TKey> : IDisposable
    where TKey : struct, IEquatable<TKey>
{
    private const int UsualKeys = 131_072;
    private const int FewKeys = 64;

    // A full table is not looked through for each key that would be new.
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromSeconds(1);

    private readonly Func<RateLimiter> _create;
    private readonly int _permits;
    private readonly int _maxKeys;
    private readonly ConcurrencyLimiter _unlimited = new(new ConcurrencyLimiterOptions { PermitLimit = int.MaxValue, QueueLimit = 0 });
    private readonly Lock _lock = new();

    // Guarded by the lock.
    private readonly Dictionary<TKey, RateLimiter> _limiters = [];
    private int _lookAt = FewKeys;
    private long _lastLook;

    private KeyedLimiter(Func<RateLimiter> create, int permits, int maxKeys) => (_create, _permits, _maxKeys) = (create, permits, maxKeys);

    /// <summary>So many at once for a key; null when there is no limit (0).</summary>
    public static KeyedLimiter<TKey>? AtOnce(int limit, int maxKeys = UsualKeys) => limit == 0 ? null : new KeyedLimiter<TKey>(
        () => new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = limit, QueueLimit = 0 }), limit, maxKeys);

    /// <summary>So many a second for a key, and so many at one time after a rest; null when there is no limit (0).</summary>
    public static KeyedLimiter<TKey>? EachSecond(double rate, int burst, int maxKeys = UsualKeys) =>
        rate == 0 ? null : new KeyedLimiter<TKey>(() => TokenBuckets.Create(rate, burst), burst, maxKeys);

    /// <summary>A place for as long as the lease is not disposed of; null when there is none.</summary>
    public RateLimitLease? TryAcquire(TKey key)
    {
        RateLimitLease lease;
        lock (_lock)
        {
            if (!_limiters.TryGetValue(key, out var limiter))
            {
                if (!HasRoom())
                {
                    return _unlimited.AttemptAcquire();
                }

                _limiters.Add(key, limiter = _create());
            }

            Replenish(limiter);
            lease = limiter.AttemptAcquire();
        }

        if (lease.IsAcquired)
        {
            return lease;
        }

        lease.Dispose();
        return null;
    }

    /// <summary>Looks at every key, so it is for those who ask now and then.</summary>
    public LimitFigures Measure()
    {
        lock (_lock)
        {
            RemoveUnused();
            var fewest = _limiters.Values.Select(static limiter => limiter.GetStatistics()?.CurrentAvailablePermits).Min() ?? _permits;
            return new LimitFigures(1 - ((double)fewest / _permits), (double)_limiters.Count / _maxKeys);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var limiter in _limiters.Values)
            {
                limiter.Dispose();
            }

            _limiters.Clear();
        }

        _unlimited.Dispose();
    }

    private static void Replenish(RateLimiter limiter) => (limiter as ReplenishingRateLimiter)?.TryReplenish();

    // Under the lock.
    private bool HasRoom()
    {
        var isFull = _limiters.Count >= _maxKeys;
        if (isFull ? Stopwatch.GetElapsedTime(_lastLook) >= s_lookInterval : _limiters.Count >= _lookAt)
        {
            RemoveUnused();
        }

        return _limiters.Count < _maxKeys;
    }

    /// <summary>Nobody has a place of such a key, or its tokens are all there: a new limiter would be the same. Under the lock.</summary>
    private void RemoveUnused()
    {
        foreach (var (key, limiter) in _limiters)
        {
            Replenish(limiter);
            if (limiter.IdleDuration is not null)
            {
                // Allowed while the dictionary is being looked through.
                _limiters.Remove(key);
                limiter.Dispose();
            }
        }

        _lookAt = Math.Max(FewKeys, 2 * _limiters.Count);
        _lastLook = Stopwatch.GetTimestamp();
    }
}
