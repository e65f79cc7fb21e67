namespace Gateway.EngineIO.Sessions;

/// <summary>What a heartbeat asks of its session, from any thread.</summary>
internal interface IHeartbeatOwner
{
    /// <summary>A write has begun and has not completed. A plain read: the heartbeat's lock is held.</summary>
    bool IsWriting { get; }

    /// <summary>A ping is due: it goes out before anything that waits.</summary>
    void SendPing();

    void Close(CloseReason reason);
}

/// <summary>
/// Pings one client and ends its session when no pong comes, with one timer for all of the session's life. Any thread. The time of a
/// pong counts from when the ping was handed to the transport; until then only a transport that completes no write is held against
/// the client. Deadlines follow from one another, not from when a late timer happened to run; but a timer that comes very late, as after a
/// pause of the whole process, leaves the client time to answer.
/// </summary>
internal sealed class Heartbeat : IDisposable
{
    private static readonly TimeSpan s_shortestWait = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly IHeartbeatOwner _owner;
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _timeout;
    private readonly ITimer _timer;
    private Phase _phase;
    private CloseReason _closeReason;

    // When the present phase ends, as a timestamp of the clock.
    private long _deadline;

    public Heartbeat(IHeartbeatOwner owner, TimeProvider time, TimeSpan interval, TimeSpan timeout)
    {
        _owner = owner;
        _time = time;
        _interval = interval;
        _timeout = timeout;
        _timer = time.CreateTimer(
            static state => ((Heartbeat)state!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private enum Phase
    {
        Stopped,
        Resting,
        PingWaits,
        PongWaits,
        Closing,
    }

    private enum Verdict
    {
        Nothing,
        Ping,
        Close,
    }

    /// <summary>The first ping is one interval away.</summary>
    public void Start()
    {
        lock (_gate)
        {
            Enter(Phase.Resting, _time.GetTimestamp(), _interval);
        }
    }

    /// <summary>Looks at the clock. The timer calls it; so does a poll, which may come between a deadline and its timer.</summary>
    public void Check()
    {
        Verdict verdict;
        lock (_gate)
        {
            verdict = Step();
        }

        if (verdict == Verdict.Close)
        {
            _owner.Close(_closeReason);
        }
        else if (verdict == Verdict.Ping)
        {
            _owner.SendPing();
        }
    }

    /// <summary>A write to the client completed; it may have been the one that carried the ping.</summary>
    public void WriteCompleted(bool carriedPing)
    {
        lock (_gate)
        {
            if (_phase != Phase.PingWaits)
            {
                return;
            }

            Enter(carriedPing ? Phase.PongWaits : Phase.PingWaits, _time.GetTimestamp(), _timeout);
        }
    }

    /// <summary>A pong that nobody asked for changes nothing.</summary>
    public void PongReceived()
    {
        lock (_gate)
        {
            // A fast client's pong can be read before our own write has reported its end.
            if (_phase is Phase.PongWaits or Phase.PingWaits)
            {
                Enter(Phase.Resting, _time.GetTimestamp(), _interval);
            }
        }
    }

    /// <summary>No more pings: the session ends with <paramref name="reason"/> when the time is over.</summary>
    public void CloseAfter(TimeSpan grace, CloseReason reason)
    {
        lock (_gate)
        {
            if (_phase is Phase.Stopped or Phase.Closing)
            {
                return;
            }

            _closeReason = reason;
            Enter(Phase.Closing, _time.GetTimestamp(), grace);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _phase = Phase.Stopped;
        }

        _timer.Dispose();
    }

    private Verdict Step()
    {
        if (_phase == Phase.Stopped)
        {
            return Verdict.Nothing;
        }

        var rest = _time.GetElapsedTime(_time.GetTimestamp(), _deadline);
        if (rest > TimeSpan.Zero)
        {
            SetTimer(rest);
            return Verdict.Nothing;
        }

        switch (_phase)
        {
            case Phase.Resting:
                Enter(Phase.PingWaits, Math.Max(_deadline, _time.GetTimestamp() - Ticks(_timeout / 2)), _timeout);
                return Verdict.Ping;
            case Phase.PingWaits:
                _closeReason = _owner.IsWriting ? CloseReason.SlowConsumer : CloseReason.PingTimeout;
                break;
            case Phase.PongWaits:
                _closeReason = CloseReason.PingTimeout;
                break;
            default:
                break;
        }

        _phase = Phase.Stopped;
        return Verdict.Close;
    }

    private void Enter(Phase phase, long from, TimeSpan length)
    {
        _phase = phase;
        _deadline = from + Ticks(length);
        SetTimer(_time.GetElapsedTime(_time.GetTimestamp(), _deadline));
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);

    private void SetTimer(TimeSpan wait) => _timer.Change(wait > s_shortestWait ? wait : s_shortestWait, Timeout.InfiniteTimeSpan);
}
