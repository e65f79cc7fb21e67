using System.Threading.RateLimiting;

namespace Gateway.Primitives;

/// <summary>Token buckets that their owner fills (<see cref="TokenBucketRateLimiter.TryReplenish"/>). Stateless.</summary>
internal static class TokenBuckets
{
    // What is not a whole token in this time comes with the next.
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(100);

    /// <param name="rate">Tokens a second; above 0.</param>
    /// <param name="burst">Tokens of a full bucket; above 0.</param>
    public static TokenBucketRateLimiter Create(double rate, int burst)
    {
        // The library counts whole tokens a period: for slow rates the period is as long as one token takes.
        var tokens = Math.Max(1, (int)Math.Round(rate * s_period.TotalSeconds));
        return new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokenLimit = burst,
            TokensPerPeriod = tokens,
            ReplenishmentPeriod = TimeSpan.FromSeconds(tokens / rate),
            QueueLimit = 0,
            AutoReplenishment = false,
        });
    }
}
