using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.SocketIO.Namespaces;

/// <summary>CONNECT again and again on one connection: one connect handler at work, and a stranger's time is not renewed.</summary>
public sealed class ReconnectTests : IDisposable
{
    private readonly SocketHarness _harness = new();
    private int _asked;

    public void Dispose() => _harness.Dispose();

    [Fact]
    public async Task Connect_AfterLeavingWhileTheHandlerWorks_WaitsForItsEnd()
    {
        var decisions = HoldDecisions();
        await _harness.ReceiveAsync("0");
        await _harness.Handler.NextSocketAsync();
        await _harness.ReceiveAsync("1");
        await _harness.ReceiveAsync("0");
        _asked.Should().Be(1, "the second one waits");

        decisions[0].SetResult(ConnectDecision.Accepted);
        var second = await _harness.Handler.NextSocketAsync();
        decisions[1].SetResult(ConnectDecision.Accepted);

        (await _harness.Connection.NextAsync()).Should().Be($"0{{\"sid\":\"{second.Id}\"}}", "nobody waits for the first one's answer");
        (await _harness.Handler.NextAsync()).Should().Be("connected");
        (await _harness.Handler.NextAsync()).Should().Be("disconnected ClientDisconnect");
        (await _harness.Handler.NextAsync()).Should().Be("connected");
        _harness.Handler.Overlapped.Should().BeFalse();
    }

    [Fact]
    public async Task Connect_WaitingAndLeftAgain_IsStillHandledWithItsEvents()
    {
        var decisions = HoldDecisions();
        await _harness.ReceiveAsync("0");
        await _harness.Handler.NextSocketAsync();
        await _harness.ReceiveAsync("1");
        await _harness.ReceiveAsync("0");
        await _harness.ReceiveAsync("2[\"a\"]");
        await _harness.ReceiveAsync("1");

        decisions[0].SetResult(ConnectDecision.Refused("no"));
        await _harness.Handler.NextSocketAsync();
        decisions[1].SetResult(ConnectDecision.Accepted);

        (await _harness.Handler.NextAsync()).Should().Be("connected");
        (await _harness.Handler.NextAsync()).Should().Be("a[]");
        (await _harness.Handler.NextAsync()).Should().Be("disconnected ClientDisconnect");
        _harness.Connection.HasSent.Should().BeFalse();
        await _harness.Server.WhenIdleAsync(CancellationToken.None).WaitAsync(TestLimits.Step);
    }

    [Fact]
    public async Task Connect_AgainAndAgainWhileOneWorks_TheNewestCounts()
    {
        var decisions = HoldDecisions();
        await _harness.ReceiveAsync("0");
        await _harness.Handler.NextSocketAsync();
        for (var i = 0; i < 10; i++)
        {
            await _harness.ReceiveAsync("1");
            await _harness.ReceiveAsync("0{\"key\":1}");
        }

        decisions[0].SetResult(ConnectDecision.Accepted);
        var last = await _harness.Handler.NextSocketAsync();
        decisions[1].SetResult(ConnectDecision.Accepted);

        (await _harness.Connection.NextAsync()).Should().Be($"0{{\"sid\":\"{last.Id}\"}}");
        _asked.Should().Be(2);
        _harness.Server.InboundBudget.Held.Should().Be(0);
        _harness.End(CloseReason.ClientClosed);
        await _harness.Server.WhenIdleAsync(CancellationToken.None).WaitAsync(TestLimits.Step);
    }

    [Fact]
    public async Task Connect_WhileOneWorksAndOneThatHasSpokenWaits_Closes()
    {
        var decisions = HoldDecisions();
        await _harness.ReceiveAsync("0");
        await _harness.Handler.NextSocketAsync();
        await _harness.ReceiveAsync("1");
        await _harness.ReceiveAsync("0");
        await _harness.ReceiveAsync("2[\"a\"]");
        await _harness.ReceiveAsync("1");

        await _harness.ReceiveAsync("0");

        (await _harness.Connection.Closed).Should().Be(CloseReason.TooManyPackets);
        _harness.End(CloseReason.TooManyPackets);
        decisions[0].SetResult(ConnectDecision.Accepted);
        await _harness.Handler.NextSocketAsync();
        decisions[1].SetResult(ConnectDecision.Accepted);
        await _harness.Server.WhenIdleAsync(CancellationToken.None).WaitAsync(TestLimits.Step);
        _asked.Should().Be(2);
    }

    [Fact]
    public async Task Connect_RefusedAgainAndAgain_ClosesAGraceAfterTheFirstRefusal()
    {
        _harness.Handler.OnConnect = static (_, _, _) => new(ConnectDecision.Refused("no"));
        for (var i = 0; i < 2; i++)
        {
            await _harness.ReceiveAsync("0");
            (await _harness.Connection.NextAsync()).Should().StartWith("4");
            await _harness.TimersAsync(1);
            _harness.Clock.Advance(TimeSpan.FromSeconds(0.5));
        }

        (await _harness.Connection.Closed).Should().Be(CloseReason.Refused);
    }

    [Fact]
    public async Task Connect_RefusedAfterItsGrace_ClosesAtOnce()
    {
        var decisions = HoldDecisions();
        await _harness.ReceiveAsync("0");
        await _harness.Handler.NextSocketAsync();
        decisions[0].SetResult(ConnectDecision.Refused("no"));
        await _harness.Connection.NextAsync();
        await _harness.TimersAsync(1);
        await _harness.ReceiveAsync("0");
        await _harness.Handler.NextSocketAsync();
        _harness.Clock.Advance(TimeSpan.FromSeconds(5));
        _harness.Connection.IsClosed.Should().BeFalse("who is being decided is not closed");

        decisions[1].SetResult(ConnectDecision.Refused("no"));
        await _harness.Connection.NextAsync();
        await _harness.TimersAsync(1);
        _harness.Clock.Advance(TimeSpan.Zero);

        (await _harness.Connection.Closed).Should().Be(CloseReason.Refused);
    }

    [Fact]
    public async Task Connect_LeftBeforeItsAnswer_DoesNotRenewTheConnectTimeOut()
    {
        var decisions = HoldDecisions();
        _harness.Clock.Advance(TimeSpan.FromSeconds(40));
        await _harness.ReceiveAsync("0");
        await _harness.Handler.NextSocketAsync();

        await _harness.ReceiveAsync("1");
        _harness.Clock.Advance(TimeSpan.FromSeconds(5));

        (await _harness.Connection.Closed).Should().Be(CloseReason.ConnectTimeout);
        decisions[0].SetResult(ConnectDecision.Refused("no"));
        await _harness.Server.WhenIdleAsync(CancellationToken.None).WaitAsync(TestLimits.Step);
        _harness.Clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public async Task Connect_AcceptedAfterARefusal_HasAGraceOfItsOwnLater()
    {
        var decision = ConnectDecision.Refused("no");
        _harness.Handler.OnConnect = (_, _, _) => new(decision);
        await _harness.ReceiveAsync("0");
        await _harness.Connection.NextAsync();
        await _harness.TimersAsync(1);
        decision = ConnectDecision.Accepted;
        await _harness.ConnectAsync();
        await _harness.TimersAsync(0);
        _harness.Clock.Advance(TimeSpan.FromHours(1));
        await _harness.ReceiveAsync("1");
        (await _harness.Handler.NextAsync()).Should().StartWith("disconnected");
        decision = ConnectDecision.Refused("no");

        await _harness.ReceiveAsync("0");
        await _harness.Connection.NextAsync();
        await _harness.TimersAsync(1);
        _harness.Clock.Advance(TimeSpan.FromSeconds(0.9));

        _harness.Connection.IsClosed.Should().BeFalse();
        _harness.Clock.Advance(TimeSpan.FromSeconds(0.1));
        (await _harness.Connection.Closed).Should().Be(CloseReason.Refused);
    }

    // What the handler is asked is decided by the test, in this order.
    private List<TaskCompletionSource<ConnectDecision>> HoldDecisions()
    {
        var decisions = new List<TaskCompletionSource<ConnectDecision>>();
        for (var i = 0; i < 4; i++)
        {
            decisions.Add(new TaskCompletionSource<ConnectDecision>(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        _harness.Handler.OnConnect = (_, _, _) => new(decisions[_asked++].Task);
        return decisions;
    }
}
