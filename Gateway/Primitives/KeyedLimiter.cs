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
    private int _count;

    private KeyedLimiter(Func<RateLimiter> create, int maxKeys)
    {
        _create = create;
        _limiter = PartitionedRateLimiter.Create<TKey, (TKey Key, bool IsLimited)>(key => Volatile.Read(ref _count) < maxKeys
            ? RateLimitPartition.Get((Key: key, IsLimited: true), _ => new Counted(this))
            : RateLimitPartition.GetNoLimiter((Key: default(TKey), IsLimited: false)));
    }

    /// <summary>The keys that are limited now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>So many at once for a key; null when there is no limit (0).</summary>
    public static KeyedLimiter<TKey>? AtOnce(int limit, int maxKeys = UsualKeys) => limit == 0 ? null : new KeyedLimiter<TKey>(
        () => new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = limit, QueueLimit = 0 }), maxKeys);

    /// <summary>So many a second for a key, and so many at one time after a rest; null when there is no limit (0).</summary>
    public static KeyedLimiter<TKey>? EachSecond(double rate, int burst, int maxKeys = UsualKeys) =>
        rate == 0 ? null : new KeyedLimiter<TKey>(() => TokenBuckets.Create(rate, burst), maxKeys);

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
        }

        public override TimeSpan? IdleDuration => _inner.IdleDuration;

        public override bool IsAutoReplenishing => false;

        public override TimeSpan ReplenishmentPeriod => (_inner as ReplenishingRateLimiter)?.ReplenishmentPeriod ?? TimeSpan.Zero;

        public override RateLimiterStatistics? GetStatistics() => _inner.GetStatistics();

        public override bool TryReplenish() => _inner is ReplenishingRateLimiter replenishing && replenishing.TryReplenish();

        protected override RateLimitLease AttemptAcquireCore(int permitCount) => _inner.AttemptAcquire(permitCount);

        protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
            _inner.AcquireAsync(permitCount, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
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
