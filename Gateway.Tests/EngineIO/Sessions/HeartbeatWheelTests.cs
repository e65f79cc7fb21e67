using Gateway.EngineIO;
using Gateway.EngineIO.Sessions;
using Gateway.Tests.Support;

namespace Gateway.Tests.EngineIO.Sessions;

public sealed class HeartbeatWheelTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly HeartbeatWheel _wheel;

    public HeartbeatWheelTests()
    {
        _wheel = new HeartbeatWheel(
            _time, new EngineOptions { PingInterval = TimeSpan.FromSeconds(25), PingTimeout = TimeSpan.FromSeconds(20) });
    }

    public void Dispose() => _wheel.Dispose();

    [Theory]
    [InlineData(25, 20, 200)]
    [InlineData(25, 60, 250)]
    [InlineData(0.3, 0.2, 2)]
    [InlineData(0.01, 0.01, 1)]
    public void Tick_IsAHundredthOfTheShorterTimeWithinBounds(double interval, double timeout, double milliseconds)
    {
        using var wheel = new HeartbeatWheel(
            _time, new EngineOptions { PingInterval = TimeSpan.FromSeconds(interval), PingTimeout = TimeSpan.FromSeconds(timeout) });

        wheel.Tick.Should().Be(TimeSpan.FromMilliseconds(milliseconds));
    }

    [Fact]
    public void Set_ManyWithinATick_AreToldTogetherByOneTimer()
    {
        var entries = Enumerable.Range(0, 1_000).Select(_ => new Entry(_time)).ToList();
        foreach (var (entry, i) in entries.Select(static (entry, i) => (entry, i)))
        {
            _wheel.Set(entry, After(TimeSpan.FromMilliseconds(10_001 + (i % 199))));
        }

        _time.ActiveTimers.Should().Be(1);
        _time.Advance(TimeSpan.FromMilliseconds(10_199));
        entries.Should().OnlyContain(static entry => entry.Times.Count == 0);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        entries.Should().OnlyContain(static entry => entry.Times.Count == 1);
        _time.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public void Set_AnyTimes_NoneIsEarlyAndNoneIsMoreThanATickLate()
    {
        var random = new Random(7);
        var entries = Enumerable.Range(0, 2_000).Select(_ => new Entry(_time)).ToList();
        var due = entries.ToDictionary(static entry => entry, _ => TimeSpan.FromMilliseconds(random.Next(0, 400_000)));
        foreach (var (entry, time) in due)
        {
            // Set before to another time, which does not count any more.
            _wheel.Set(entry, After(TimeSpan.FromMilliseconds(random.Next(0, 400_000))));
            _wheel.Set(entry, After(time));
        }

        _time.Advance(TimeSpan.FromSeconds(500));

        foreach (var (entry, time) in due)
        {
            var late = entry.Times.Should().ContainSingle().Which - time;
            late.Should().BeGreaterThanOrEqualTo(TimeSpan.Zero).And.BeLessThanOrEqualTo(_wheel.Tick);
        }
    }

    [Fact]
    public void Check_SetsTheNextTime_ComesAgain()
    {
        var entry = new Entry(_time) { Then = one => _wheel.Set(one, After(TimeSpan.FromSeconds(25))) };
        _wheel.Set(entry, After(TimeSpan.FromSeconds(25)));

        _time.Advance(TimeSpan.FromSeconds(250));

        entry.Times.Should().Equal(Enumerable.Range(1, 10).Select(static i => TimeSpan.FromSeconds(25 * i)));
    }

    [Fact]
    public void Remove_OneOfManyInATick_LeavesTheOthers()
    {
        var entries = Enumerable.Range(0, 5).Select(_ => new Entry(_time)).ToList();
        entries.ForEach(entry => _wheel.Set(entry, After(TimeSpan.FromSeconds(1))));

        foreach (var i in new[] { 0, 2, 4 })
        {
            _wheel.Remove(entries[i]);
            _wheel.Remove(entries[i]);
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        entries.Select(static entry => entry.Times.Count).Should().Equal(0, 1, 0, 1, 0);
    }

    [Fact]
    public void Set_ATimeThatIsOver_IsToldWithTheNextTick()
    {
        _time.Advance(TimeSpan.FromHours(1));
        var (first, second) = (new Entry(_time), new Entry(_time));
        _wheel.Set(first, After(TimeSpan.Zero));
        _time.Advance(TimeSpan.FromSeconds(1));
        _wheel.Set(second, After(TimeSpan.FromMinutes(-30)));

        _time.Advance(_wheel.Tick);

        first.Times.Should().ContainSingle();
        second.Times.Should().ContainSingle();
    }

    private long After(TimeSpan time) => _time.GetTimestamp() + (long)(time.TotalSeconds * _time.TimestampFrequency);

    private sealed class Entry(FakeTimeProvider time) : WheelEntry
    {
        private readonly long _from = time.GetTimestamp();

        public List<TimeSpan> Times { get; } = [];

        public Action<Entry>? Then { get; init; }

        public override void Check()
        {
            Times.Add(time.GetElapsedTime(_from));
            Then?.Invoke(this);
        }
    }
}
