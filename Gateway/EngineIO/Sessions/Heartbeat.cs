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
/// Pings one client and ends its session when no pong comes, as the wheel tells it. Any thread. The time of a pong counts from when the
/// ping was handed to the transport; until then only a transport that makes no progress is held against the client: a large packet may
/// take as long as it takes. Deadlines follow from one another, not from when a late tick happened to come; but a tick that comes very
/// late, as after a pause of the whole process, leaves the client time to answer.
/// </summary>
internal sealed class Heartbeat : WheelEntry, IDisposable
{
    private readonly Lock _lock = new();
    private readonly IHeartbeatOwner _owner;
    private readonly HeartbeatWheel _wheel;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _timeout;
    private Phase _phase;
    private CloseReason _closeReason;

    // When the present phase ends, as a timestamp of the clock.
    private long _deadline;

    public Heartbeat(IHeartbeatOwner owner, HeartbeatWheel wheel, TimeSpan interval, TimeSpan timeout)
    {
        _owner = owner;
        _wheel = wheel;
        _interval = interval;
        _timeout = timeout;
    }

    private enum Phase
    {
        NotStarted,
        Resting,
        PingWaits,
        PingIsWritten,
        PongWaits,
        Closing,
        Stopped,
    }

    private enum HeartbeatAction
    {
        Nothing,
        Ping,
        Close,
    }

    /// <summary>The first ping is one interval away. Does nothing once it is disposed of.</summary>
    public void Start()
    {
        lock (_lock)
        {
            if (_phase != Phase.NotStarted)
            {
                return;
            }

            Enter(Phase.Resting, _wheel.Time.GetTimestamp(), _interval);
        }
    }

    /// <summary>Looks at the clock. The wheel calls it; so does a poll, which may come between a deadline and the wheel's tick.</summary>
    public override void Check()
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
            if (_phase is Phase.PingWaits or Phase.PingIsWritten or Phase.PongWaits)
            {
                Enter(_phase, _wheel.Time.GetTimestamp(), _timeout);
            }
        }
    }

    /// <summary>The transport has taken packets and writes them: from then on the client may have a ping that is among them.</summary>
    public void Taken(bool ping)
    {
        if (ping)
        {
            lock (_lock)
            {
                _phase = _phase == Phase.PingWaits ? Phase.PingIsWritten : _phase;
            }
        }
    }

    /// <summary>A write to the client completed; it may have been the one that carried the ping.</summary>
    public void WriteCompleted(bool carriedPing)
    {
        lock (_lock)
        {
            if (_phase is not (Phase.PingWaits or Phase.PingIsWritten))
            {
                return;
            }

            Enter(carriedPing ? Phase.PongWaits : Phase.PingWaits, _wheel.Time.GetTimestamp(), _timeout);
        }
    }

    /// <summary>A pong changes nothing when the client cannot have been asked for it: it would keep a client that reads nothing.</summary>
    public void PongReceived()
    {
        lock (_lock)
        {
            // A fast client's pong can be read before our own write has reported its end.
            if (_phase is Phase.PongWaits or Phase.PingIsWritten)
            {
                Enter(Phase.Resting, _wheel.Time.GetTimestamp(), _interval);
            }
        }
    }

    /// <summary>No more pings: the session ends with <paramref name="reason"/> when the time is over.</summary>
    public void CloseAfter(TimeSpan grace, CloseReason reason)
    {
        lock (_lock)
        {
            if (_phase is Phase.NotStarted or Phase.Closing or Phase.Stopped)
            {
                return;
            }

            _closeReason = reason;
            Enter(Phase.Closing, _wheel.Time.GetTimestamp(), grace);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _phase = Phase.Stopped;
            _wheel.Remove(this);
        }
    }

    private HeartbeatAction Step()
    {
        if (_phase is Phase.NotStarted or Phase.Stopped)
        {
            return HeartbeatAction.Nothing;
        }

        var rest = _wheel.Time.GetElapsedTime(_wheel.Time.GetTimestamp(), _deadline);
        if (rest > TimeSpan.Zero)
        {
            _wheel.Set(this, _deadline);
            return HeartbeatAction.Nothing;
        }

        switch (_phase)
        {
            case Phase.Resting:
                Enter(Phase.PingWaits, Math.Max(_deadline, _wheel.Time.GetTimestamp() - Ticks(_timeout / 2)), _timeout);
                return HeartbeatAction.Ping;
            case Phase.PingWaits or Phase.PingIsWritten:
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
        _wheel.Set(this, _deadline);
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _wheel.Time.TimestampFrequency);
}
