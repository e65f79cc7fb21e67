using System.Collections.Concurrent;
using System.Net;

using Gateway.Primitives;

namespace Gateway.HttpApi.Conventions;

/// <summary>What becomes of a request by the number of those that its address has sent in the last second.</summary>
internal enum RateDecision
{
    Answer,

    /// <summary>Answered after a second.</summary>
    Wait,

    /// <summary>429.</summary>
    Refuse,
}

/// <summary>
/// V0's limit for each address (an IPv6 /64 counts as one): 10 requests in a moving second, the 11th to the 20th wait, the others are
/// refused. Refused ones count as well, as with V0. The table is bounded: addresses that were quiet for a second are forgotten. Any
/// thread.
/// </summary>
internal sealed class RequestRate(HttpApiMetrics metrics, TimeProvider timeProvider)
{
    private const int AnsweredAtOnce = 10;
    private const int AnsweredAtAll = 20;
    private const int AddressesBeforeSweep = 4_096;

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<AddressKey, History> _histories = new();
    private long _lastSweep = timeProvider.GetTimestamp();

    /// <summary>The addresses that are remembered now.</summary>
    public int AddressCount => _histories.Count;

    /// <param name="address">The peer; all without one (Unix sockets) share a place.</param>
    public RateDecision Count(IPAddress? address)
    {
        var now = timeProvider.GetTimestamp();
        if (_histories.Count >= AddressesBeforeSweep)
        {
            Sweep(now);
        }

        var count = _histories
            .GetOrAdd(AddressKey.Of(address ?? IPAddress.None), static _ => new History())
            .Add(now, now - timeProvider.TimestampFrequency);
        if (count <= AnsweredAtOnce)
        {
            return RateDecision.Answer;
        }

        var decision = count <= AnsweredAtAll ? RateDecision.Wait : RateDecision.Refuse;
        metrics.Limited(decision);
        return decision;
    }

    // At most once in a window: a flood of new addresses must not make every request look through the table.
    private void Sweep(long now)
    {
        var last = Interlocked.Read(ref _lastSweep);
        if (timeProvider.GetElapsedTime(last, now) < Window || Interlocked.CompareExchange(ref _lastSweep, now, last) != last)
        {
            return;
        }

        foreach (var (address, history) in _histories)
        {
            if (history.IsQuietSince(now - timeProvider.TimestampFrequency))
            {
                _histories.TryRemove(address, out _);
            }
        }
    }

    /// <summary>The times of an address's last requests: as many as make a difference.</summary>
    private sealed class History
    {
        private readonly long[] _times = new long[AnsweredAtAll + 1];
        private readonly Lock _lock = new();
        private int _start;
        private int _count;

        /// <summary>
        /// How many there were since <paramref name="since"/>, this one included; at most one more than are ever answered.
        /// </summary>
        public int Add(long now, long since)
        {
            lock (_lock)
            {
                while (_count > 0 && (_times[_start] <= since || _count == _times.Length))
                {
                    _start = (_start + 1) % _times.Length;
                    _count--;
                }

                _times[(_start + _count++) % _times.Length] = now;
                return _count;
            }
        }

        public bool IsQuietSince(long since)
        {
            lock (_lock)
            {
                return _count == 0 || _times[(_start + _count - 1) % _times.Length] <= since;
            }
        }
    }
}
