using Gateway.Tests.Support;
using Gateway.Tools.Verify.Play;

namespace Gateway.Tests.Tools.Verify.Play;

public sealed class CallPaceTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new();
    private readonly CallPace _pace;

    public CallPaceTests() => _pace = new CallPace(_time);

    [Fact]
    public void Await_InABurst_KeepsEachCallsPlace()
    {
        Await(0).IsCompleted.Should().BeTrue();
        var second = Await(15);
        Advance(14);
        second.IsCompleted.Should().BeFalse();
        Advance(1);
        second.IsCompleted.Should().BeTrue();
    }

    [Fact]
    public void Await_InABurstThatIsLate_DelaysNothingMore()
    {
        Await(0);
        Advance(500);

        foreach (var milliseconds in Enumerable.Range(1, 30))
        {
            Await(milliseconds).IsCompleted.Should().BeTrue();
        }
    }

    [Fact]
    public void Await_AfterAPause_WaitsAsLongAsThenHoweverLateTheBurstWas()
    {
        Await(0);
        Advance(500);
        Await(10);

        var next = Await(1_010);
        Advance(400);
        next.IsCompleted.Should().BeFalse();
        Advance(600);
        next.IsCompleted.Should().BeTrue();
    }

    [Fact]
    public void Await_AfterALongPause_WaitsUntilTheWindowIsOver()
    {
        Await(0);

        var next = Await(60_000);
        Advance(1_199);
        next.IsCompleted.Should().BeFalse();
        Advance(1);
        next.IsCompleted.Should().BeTrue();
    }

    private Task Await(int milliseconds) => _pace.AwaitAsync(s_start.AddMilliseconds(milliseconds), CancellationToken.None);

    private void Advance(int milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
}
