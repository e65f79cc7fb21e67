using System.Collections.Concurrent;
using System.Threading.RateLimiting;

namespace Gateway.Primitives;

/// <summary>
/// A limiter for each key, made when the key is first seen and gone again when it has been idle for some seconds. The table is bounded:
/// while it is full, keys that would be new are not limited, because then it is no single one that does too much, and what is limited in
/// all holds for them too. The owner disposes of it; any thread.
/// </summary>
/// <typeparam name="TKey">Compared by value.</typeparam>
internal sealed class KeyedLimiter<TKey> : IDisposable
    where TKey : struct, IEquatable<TKey>
{
    private const int UsualKeys = 131_072;

    private readonly PartitionedRateLimiter<TKey> _limiter;
    private readonly Func<RateLimiter> _create;
    private readonly int _permits;
    private readonly int _maxKeys;
    private readonly ConcurrentDictionary<Counted, bool> _limiters = [];
    private int _count;

    private KeyedLimiter(Func<RateLimiter> create, int permits, int maxKeys)
    {
        (_create, _permits, _maxKeys) = (create, permits, maxKeys);
        _limiter = PartitionedRateLimiter.Create<TKey, (TKey Key, bool IsLimited)>(key => Volatile.Read(ref _count) < maxKeys
            ? RateLimitPartition.Get((Key: key, IsLimited: true), _ => new Counted(this))
            : RateLimitPartition.GetNoLimiter((Key: default(TKey), IsLimited: false)));
    }

    /// <summary>The keys that are limited now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>So many at once for a key; null when there is no limit (0).</summary>
    public static KeyedLimiter<TKey>? AtOnce(int limit, int maxKeys = UsualKeys) => limit == 0 ? null : new KeyedLimiter<TKey>(
        () => new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = limit, QueueLimit = 0 }), limit, maxKeys);

    /// <summary>So many a second for a key, and so many at one time after a rest; null when there is no limit (0).</summary>
    public static KeyedLimiter<TKey>? EachSecond(double rate, int burst, int maxKeys = UsualKeys) =>
        rate == 0 ? null : new KeyedLimiter<TKey>(() => TokenBuckets.Create(rate, burst), burst, maxKeys);

    /// <summary>A place for as long as the lease is not disposed of; null when there is none.</summary>
    public RateLimitLease? TryAcquire(TKey key)
    {
        var lease = _limiter.AttemptAcquire(key);
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
        var fewest = (long)_permits;
        foreach (var (limiter, _) in _limiters)
        {
            fewest = Math.Min(fewest, limiter.GetStatistics()?.CurrentAvailablePermits ?? _permits);
        }

        return new LimitFigures(1 - ((double)fewest / _permits), Math.Min(1, (double)Count / _maxKeys));
    }

    public void Dispose() => _limiter.Dispose();

    /// <summary>A key's limiter, which the table fills and ends.</summary>
    private sealed class Counted : ReplenishingRateLimiter
    {
        private readonly KeyedLimiter<TKey> _owner;
        private readonly RateLimiter _inner;

        public Counted(KeyedLimiter<TKey> owner)
        {
            _owner = owner;
            _inner = owner._create();
            Interlocked.Increment(ref owner._count);
            owner._limiters[this] = true;
        }

        public override TimeSpan? IdleDuration => _inner.IdleDuration;

        public override bool IsAutoReplenishing => false;

        public override TimeSpan ReplenishmentPeriod => (_inner as ReplenishingRateLimiter)?.ReplenishmentPeriod ?? TimeSpan.Zero;

        /// <summary>Null once it is no more.</summary>
        public override RateLimiterStatistics? GetStatistics()
        {
            try
            {
                return _inner.GetStatistics();
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
        }

        public override bool TryReplenish() => _inner is ReplenishingRateLimiter replenishing && replenishing.TryReplenish();

        protected override RateLimitLease AttemptAcquireCore(int permitCount) => _inner.AttemptAcquire(permitCount);

        protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
            _inner.AcquireAsync(permitCount, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _owner._limiters.TryRemove(this, out _);
                _inner.Dispose();
                Interlocked.Decrement(ref _owner._count);
            }

            base.Dispose(disposing);
        }

        protected override ValueTask DisposeAsyncCore()
        {
            Dispose(disposing: true);
            return base.DisposeAsyncCore();
        }
    }
}
