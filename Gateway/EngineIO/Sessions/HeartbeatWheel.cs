using System.Runtime.CompilerServices;

namespace Gateway.EngineIO.Sessions;

/// <summary>
/// Says to the heartbeats of all sessions when their time has come, with one timer: those that are due within the same
/// <see cref="Tick"/> are due together, so that a thousand pings wake the process once and not a thousand times. A heartbeat's time comes
/// up to one tick late and never early. Any thread. Owned by <see cref="EngineContext"/>.
/// </summary>
internal sealed class HeartbeatWheel : IDisposable
{
    // With ticks of a hundredth of an interval a turn of the wheel is five intervals; what is due later stays for another turn.
    private const int SlotCount = 512;
    private const int BatchSize = 64;
    private const long Never = long.MaxValue;
    private const double TicksOfAnInterval = 100;

    private static readonly TimeSpan s_longestTick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_shortestTick = TimeSpan.FromMilliseconds(1);

    private readonly ITimer _timer;
    private readonly long _origin;
    private readonly long _tick;

    // Guards everything below, and the places of all heartbeats. Taken inside the lock of a heartbeat, never around it.
    private readonly Lock _lock = new();
    private readonly WheelEntry?[] _slots = new WheelEntry?[SlotCount];
    private int _count;

    // All that was due up to here has been told. The timer is set for the other one.
    private long _toldThrough;
    private long _timerDue = Never;

    public HeartbeatWheel(TimeProvider timeProvider, EngineOptions options)
    {
        Time = timeProvider;
        Tick = TickOf(options.PingInterval < options.PingTimeout ? options.PingInterval : options.PingTimeout);
        _tick = Math.Max(1, (long)(Tick.TotalSeconds * timeProvider.TimestampFrequency));
        _origin = timeProvider.GetTimestamp();
        _timer = timeProvider.CreateTimer(
            static state => ((HeartbeatWheel)state!).Turn(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public TimeProvider Time { get; }

    /// <summary>How late a heartbeat may be told: a hundredth of the shorter of ping interval and timeout, 250 ms at most.</summary>
    public TimeSpan Tick { get; }

    /// <summary>
    /// Has <see cref="WheelEntry.Check"/> called once, when this time of the clock has come; what was set before is forgotten.
    /// </summary>
    public void Set(WheelEntry entry, long timestamp)
    {
        var due = Math.Max(0, timestamp - _origin + _tick - 1) / _tick;
        lock (_lock)
        {
            if (entry.Due == due)
            {
                return;
            }

            Unlink(entry);

            // What is due already is told with the next tick: a slot that was told is not looked at before the wheel's next turn.
            Link(entry, Math.Max(due, _toldThrough + 1));
            SetTimer(entry.Due);
        }
    }

    /// <summary>Nothing is called any more, but for a call that is under way.</summary>
    public void Remove(WheelEntry entry)
    {
        lock (_lock)
        {
            Unlink(entry);
            if (_count == 0 && _timerDue != Never)
            {
                _timerDue = Never;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private static TimeSpan TickOf(TimeSpan interval)
    {
        var tick = interval / TicksOfAnInterval;
        return tick > s_longestTick ? s_longestTick : tick < s_shortestTick ? s_shortestTick : tick;
    }

    /// <summary>The timer has run. Several may be at this at a time: each heartbeat is taken by one of them.</summary>
    private void Turn()
    {
        var batch = new Batch();
        int taken;
        do
        {
            lock (_lock)
            {
                taken = Take(batch);
                if (taken < BatchSize)
                {
                    SetTimerForNext();
                }
            }

            // Without the lock: a heartbeat takes its own, and sets its next time.
            foreach (var entry in batch[..taken])
            {
                entry?.Check();
            }
        }
        while (taken == BatchSize);
    }

    private int Take(Span<WheelEntry?> batch)
    {
        var now = (Time.GetTimestamp() - _origin) / _tick;
        var taken = 0;
        for (var slot = Math.Max(_toldThrough + 1, now - SlotCount + 1); slot <= now; slot++)
        {
            for (var next = _slots[slot % SlotCount]; next is { } entry;)
            {
                next = entry.Next;
                if (entry.Due > now)
                {
                    continue;
                }

                if (taken == batch.Length)
                {
                    return taken;
                }

                Unlink(entry);
                batch[taken++] = entry;
            }

            _toldThrough = slot;
        }

        return taken;
    }

    private void SetTimerForNext()
    {
        _timerDue = Never;
        if (_count == 0)
        {
            return;
        }

        var slot = _toldThrough + 1;
        while (_slots[slot % SlotCount] is null)
        {
            slot++;
        }

        SetTimer(slot);
    }

    private void SetTimer(long due)
    {
        if (due >= _timerDue)
        {
            return;
        }

        _timerDue = due;
        var wait = Time.GetElapsedTime(Time.GetTimestamp(), _origin + (due * _tick));
        _timer.Change(wait > s_shortestTick ? wait : s_shortestTick, Timeout.InfiniteTimeSpan);
    }

    private void Link(WheelEntry entry, long due)
    {
        ref var first = ref _slots[due % SlotCount];
        (entry.Due, entry.Previous, entry.Next) = (due, null, first);
        if (first is not null)
        {
            first.Previous = entry;
        }

        first = entry;
        _count++;
    }

    private void Unlink(WheelEntry entry)
    {
        if (entry.Due == WheelEntry.NotSet)
        {
            return;
        }

        if (entry.Previous is { } previous)
        {
            previous.Next = entry.Next;
        }
        else
        {
            _slots[entry.Due % SlotCount] = entry.Next;
        }

        if (entry.Next is { } next)
        {
            next.Previous = entry.Previous;
        }

        (entry.Due, entry.Previous, entry.Next) = (WheelEntry.NotSet, null, null);
        _count--;
    }

    [InlineArray(BatchSize)]
    private struct Batch
    {
        private WheelEntry? _first;
    }
}
