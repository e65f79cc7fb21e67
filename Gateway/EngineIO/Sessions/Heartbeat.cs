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
/// pong counts from when the ping was handed to the transport; until then only a transport that makes no progress is held against
/// the client: a large packet may take as long as it takes. Deadlines follow from one another, not from when a late timer happened to run;
/// but a timer that comes very late, as after a pause of the whole process, leaves the client time to answer.
/// </summary>
internal sealed class Heartbeat : IDisposable
{
    private static readonly TimeSpan s_shortestWait = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private readonly IHeartbeatOwner _owner;
    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _timeout;
    private readonly ITimer _timer;
    private Phase _phase;
    private CloseReason _closeReason;

    // When the present phase ends, as a timestamp of the clock.
    private long _deadline;

    public Heartbeat(IHeartbeatOwner owner, TimeProvider timeProvider, TimeSpan interval, TimeSpan timeout)
    {
        _owner = owner;
        _timeProvider = timeProvider;
        _interval = interval;
        _timeout = timeout;
        _timer = timeProvider.CreateTimer(
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

    private enum HeartbeatAction
    {
        Nothing,
        Ping,
        Close,
    }

    /// <summary>The first ping is one interval away.</summary>
    public void Start()
    {
        lock (_lock)
        {
            Enter(Phase.Resting, _timeProvider.GetTimestamp(), _interval);
        }
    }

    /// <summary>Looks at the clock. The timer calls it; so does a poll, which may come between a deadline and its timer.</summary>
    public void Check()
    {
        HeartbeatAction action;
        lock (_lock)
        {
            action = Step();
        }

        if (action == HeartbeatAction.Close)
        {
            _owner.Close(_closeReason);
        }
        else if (action == HeartbeatAction.Ping)
        {
            _owner.SendPing();
        }
    }

    /// <summary>
    /// A piece of a large packet was taken: the client reads. The ping that waits behind the packet waits on, and a pong that is due may be
    /// late because its ping stands behind bytes that the network still holds.
    /// </summary>
    public void WriteProgressed()
    {
        lock (_lock)
        {
            if (_phase is Phase.PingWaits or Phase.PongWaits)
            {
                Enter(_phase, _timeProvider.GetTimestamp(), _timeout);
            }
        }
    }

    /// <summary>A write to the client completed; it may have been the one that carried the ping.</summary>
    public void WriteCompleted(bool carriedPing)
    {
        lock (_lock)
        {
            if (_phase != Phase.PingWaits)
            {
                return;
            }

            Enter(carriedPing ? Phase.PongWaits : Phase.PingWaits, _timeProvider.GetTimestamp(), _timeout);
        }
    }

    /// <summary>A pong that nobody asked for changes nothing.</summary>
    public void PongReceived()
    {
        lock (_lock)
        {
            // A fast client's pong can be read before our own write has reported its end.
            if (_phase is Phase.PongWaits or Phase.PingWaits)
            {
                Enter(Phase.Resting, _timeProvider.GetTimestamp(), _interval);
            }
        }
    }

    /// <summary>No more pings: the session ends with <paramref name="reason"/> when the time is over.</summary>
    public void CloseAfter(TimeSpan grace, CloseReason reason)
    {
        lock (_lock)
        {
            if (_phase is Phase.Stopped or Phase.Closing)
            {
                return;
            }

            _closeReason = reason;
            Enter(Phase.Closing, _timeProvider.GetTimestamp(), grace);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _phase = Phase.Stopped;
        }

        _timer.Dispose();
    }

    private HeartbeatAction Step()
    {
        if (_phase == Phase.Stopped)
        {
            return HeartbeatAction.Nothing;
        }

        var rest = _timeProvider.GetElapsedTime(_timeProvider.GetTimestamp(), _deadline);
        if (rest > TimeSpan.Zero)
        {
            SetTimer(rest);
            return HeartbeatAction.Nothing;
        }

        switch (_phase)
        {
            case Phase.Resting:
                Enter(Phase.PingWaits, Math.Max(_deadline, _timeProvider.GetTimestamp() - Ticks(_timeout / 2)), _timeout);
                return HeartbeatAction.Ping;
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
        return HeartbeatAction.Close;
    }

    private void Enter(Phase phase, long from, TimeSpan length)
    {
        _phase = phase;
        _deadline = from + Ticks(length);
        SetTimer(_timeProvider.GetElapsedTime(_timeProvider.GetTimestamp(), _deadline));
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _timeProvider.TimestampFrequency);

    private void SetTimer(TimeSpan wait) => _timer.Change(wait > s_shortestWait ? wait : s_shortestWait, Timeout.InfiniteTimeSpan);
}
