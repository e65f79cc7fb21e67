using Gateway.EngineIO;
using Gateway.EngineIO.Sessions;
using Gateway.Tests.Support;

namespace Gateway.Tests.EngineIO.Sessions;

public sealed class HeartbeatTests : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly Owner _owner = new();
    private readonly HeartbeatWheel _wheel;
    private readonly Heartbeat _heartbeat;

    public HeartbeatTests()
    {
        _wheel = Wheel(_time);
        _heartbeat = new Heartbeat(_owner, _wheel, s_interval, s_timeout);
        _heartbeat.Start();
    }

    public void Dispose()
    {
        _heartbeat.Dispose();
        _wheel.Dispose();
    }

    [Fact]
    public void Start_IntervalPasses_PingsOnce()
    {
        _time.Advance(s_interval - s_moment);
        _owner.Pings.Should().Be(0);

        _time.Advance(s_moment);
        _owner.Pings.Should().Be(1);
    }

    [Fact]
    public void PongReceived_InTime_NextPingIsAnIntervalLater()
    {
        _time.Advance(s_interval);
        _heartbeat.WriteCompleted(carriedPing: true);
        _time.Advance(TimeSpan.FromSeconds(5));

        _heartbeat.PongReceived();
        _time.Advance(s_interval - s_moment);
        _owner.Pings.Should().Be(1);
        _time.Advance(s_moment);

        _owner.Pings.Should().Be(2);
        _owner.Closed.Should().BeNull();
    }

    [Fact]
    public void Timeout_NoPong_ClosesThatLongAfterThePingWasHandedOver()
    {
        _time.Advance(s_interval);
        _time.Advance(TimeSpan.FromSeconds(10));
        _heartbeat.WriteCompleted(carriedPing: true);

        _time.Advance(s_timeout - s_moment);
        _owner.Closed.Should().BeNull();
        _time.Advance(s_moment);

        _owner.Closed.Should().Be(CloseReason.PingTimeout);
    }

    [Fact]
    public void Timeout_PingCannotBeWrittenAndNoWriteCompletes_IsASlowConsumer()
    {
        _owner.IsWriting = true;

        _time.Advance(s_interval + s_timeout);

        _owner.Closed.Should().Be(CloseReason.SlowConsumer);
    }

    [Fact]
    public void Timeout_PingWaitsButWritesComplete_GoesOn()
    {
        _owner.IsWriting = true;
        _time.Advance(s_interval);
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(s_timeout - s_moment);
            _heartbeat.WriteCompleted(carriedPing: false);
        }

        _owner.Closed.Should().BeNull();
        _time.Advance(s_timeout + _wheel.Tick);
        _owner.Closed.Should().Be(CloseReason.SlowConsumer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Timeout_PiecesOfALargePacketAreTaken_GoesOnWhetherThePingOrThePongIsWaitedFor(bool pongIsDue)
    {
        _owner.IsWriting = true;
        _time.Advance(s_interval);
        if (pongIsDue)
        {
            _heartbeat.WriteCompleted(carriedPing: true);
        }

        for (var i = 0; i < 10; i++)
        {
            _time.Advance(s_timeout - s_moment);
            _heartbeat.WriteProgressed();
        }

        _owner.Closed.Should().BeNull();
        _time.Advance(s_timeout + _wheel.Tick);
        _owner.Closed.Should().Be(pongIsDue ? CloseReason.PingTimeout : CloseReason.SlowConsumer);
    }

    [Fact]
    public void Timeout_NobodyFetchesThePing_IsAPingTimeout()
    {
        _time.Advance(s_interval + s_timeout - s_moment);
        _owner.Closed.Should().BeNull();

        _time.Advance(s_moment);

        _owner.Closed.Should().Be(CloseReason.PingTimeout);
    }

    [Fact]
    public void PongReceived_Unsolicited_ChangesNothing()
    {
        for (var i = 0; i < 1_000; i++)
        {
            _time.Advance(s_moment);
            _heartbeat.PongReceived();
            _time.ActiveTimers.Should().Be(1);
        }

        _time.Advance(s_interval - (1_000 * s_moment));

        _owner.Pings.Should().Be(1);
    }

    /// <summary>Nothing has been read by a client that answers what it was not asked: it is not kept by that.</summary>
    [Theory]
    [InlineData(false, CloseReason.PingTimeout)]
    [InlineData(true, CloseReason.SlowConsumer)]
    internal void PongReceived_PingHasNotLeft_ChangesNothing(bool isWriting, CloseReason expected)
    {
        _owner.IsWriting = isWriting;
        _time.Advance(s_interval);
        _heartbeat.PongReceived();
        _time.Advance(s_timeout - s_moment);
        _heartbeat.PongReceived();
        _owner.Closed.Should().BeNull();

        _time.Advance(s_moment);

        _owner.Closed.Should().Be(expected);
    }

    [Fact]
    public void PongReceived_WhileThePingIsWritten_IsTheAnswerToIt()
    {
        _time.Advance(s_interval);
        _heartbeat.Taken(ping: true);

        _heartbeat.PongReceived();
        _heartbeat.WriteCompleted(carriedPing: true);
        _time.Advance(s_interval);

        (_owner.Pings, _owner.Closed).Should().Be((2, null));
    }

    [Fact]
    public void Check_BetweenDeadlineAndTimer_ActsAtOnceAndOnce()
    {
        var late = new LateTimers();
        using var wheel = Wheel(late);
        using var heartbeat = new Heartbeat(_owner, wheel, s_interval, s_timeout);
        heartbeat.Start();

        late.Now += (s_interval + (s_timeout / 2)).Ticks;
        heartbeat.Check();
        late.Now += (s_timeout / 2).Ticks;
        heartbeat.Check();
        heartbeat.Check();

        _owner.Closed.Should().Be(CloseReason.PingTimeout);
        _owner.Closes.Should().Be(1);
    }

    [Fact]
    public void Check_AfterALongPauseOfTheProcess_PingsAndLeavesTimeToAnswer()
    {
        var late = new LateTimers();
        using var wheel = Wheel(late);
        using var heartbeat = new Heartbeat(_owner, wheel, s_interval, s_timeout);
        heartbeat.Start();

        late.Now += TimeSpan.FromHours(1).Ticks;
        heartbeat.Check();
        heartbeat.Check();
        _owner.Closed.Should().BeNull();
        _owner.Pings.Should().Be(1);

        late.Now += (s_timeout / 2).Ticks;
        heartbeat.Check();
        _owner.Closed.Should().Be(CloseReason.PingTimeout);
    }

    [Fact]
    public void CloseAfter_GracePasses_ClosesWithItsReasonAndPingsNoMore()
    {
        _heartbeat.CloseAfter(TimeSpan.FromSeconds(30), CloseReason.Refused);

        _time.Advance(TimeSpan.FromSeconds(30) - s_moment);
        _owner.Closed.Should().BeNull();
        _time.Advance(s_moment);

        _owner.Closed.Should().Be(CloseReason.Refused);
        _owner.Pings.Should().Be(0);
    }

    [Fact]
    public void Dispose_Running_LeavesNoTimer()
    {
        _heartbeat.Dispose();

        _time.ActiveTimers.Should().Be(0);
        _time.Advance(TimeSpan.FromHours(1));
        _owner.Pings.Should().Be(0);
    }

    private static HeartbeatWheel Wheel(TimeProvider time) =>
        new(time, new EngineOptions { PingInterval = s_interval, PingTimeout = s_timeout });

    private sealed class Owner : IHeartbeatOwner
    {
        public bool IsWriting { get; set; }

        public int Pings { get; private set; }

        public int Closes { get; private set; }

        public CloseReason? Closed { get; private set; }

        public void SendPing() => Pings++;

        public void Close(CloseReason reason)
        {
            Closes++;
            Closed = reason;
        }
    }

    /// <summary>A clock whose timers have not got round to running.</summary>
    private sealed class LateTimers : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new FakeTimeProvider().CreateTimer(callback, state, dueTime, period);
    }
}
