using System.Text;

using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.SocketIO.Namespaces;

public sealed class ConnectTests : IDisposable
{
    private readonly SocketHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public async Task Connect_Accepted_IsAnsweredWithTheSocketsId()
    {
        await _harness.ReceiveAsync("0");

        var answer = await _harness.Connection.NextAsync();
        var socket = await _harness.Handler.NextSocketAsync();
        answer.Should().Be($"0{{\"sid\":\"{socket.Id}\"}}");
        socket.Id.Should().HaveLength(20);
        (await _harness.Handler.NextAsync()).Should().Be("connected");
    }

    [Theory]
    [InlineData("0", "")]
    [InlineData("0{\"token\":\"123\"}", "{\"token\":\"123\"}")]
    public async Task Connect_AuthPayload_ReachesTheHandler(string packet, string expected)
    {
        var auth = "";
        _harness.Handler.OnConnect = (_, request, _) =>
        {
            auth = Encoding.UTF8.GetString(request.Auth.Span);
            return new(ConnectDecision.Accepted);
        };

        await _harness.ReceiveAsync(packet);
        await _harness.Connection.NextAsync();

        auth.Should().Be(expected);
    }

    [Fact]
    public async Task Connect_EventsSentByTheHandler_ComeBeforeTheAnswer()
    {
        _harness.Handler.OnConnect = static (socket, _, _) =>
        {
            socket.TrySend(PreparedEvents.Create("oh_event", "1"u8));
            return new(ConnectDecision.Accepted);
        };
        _harness.Handler.OnConnected = static socket => socket.TrySend(PreparedEvents.Create("oh_event", "2"u8));

        await _harness.ReceiveAsync("0");

        (await _harness.Connection.NextAsync()).Should().Be("2[\"oh_event\",1]");
        (await _harness.Connection.NextAsync()).Should().StartWith("0{\"sid\"");
        (await _harness.Connection.NextAsync()).Should().Be("2[\"oh_event\",2]");
    }

    [Fact]
    public async Task Connect_WhileTheHandlerWaits_DoesNotHoldTheReadPath()
    {
        var decision = new TaskCompletionSource<ConnectDecision>();
        _harness.Handler.OnConnect = (_, _, _) => new(decision.Task);

        await _harness.ReceiveAsync("0");
        await _harness.ReceiveAsync("0/custom,");

        (await _harness.Connection.NextAsync()).Should().StartWith("0/custom,{\"sid\"");
        decision.SetResult(ConnectDecision.Accepted);
        (await _harness.Connection.NextAsync()).Should().StartWith("0{\"sid\"");
    }

    [Fact]
    public async Task Connect_Refused_SaysWhyThenClosesAfterTheGrace()
    {
        _harness.Handler.OnConnect = static (_, _, _) => new(ConnectDecision.Refused("invalid_session_api_key", "{\"a\":1}"u8.ToArray()));

        await _harness.ReceiveAsync("0");
        (await _harness.Connection.NextAsync()).Should().Be("4{\"message\":\"invalid_session_api_key\",\"data\":{\"a\":1}}");
        await _harness.TimersAsync(1);
        _harness.Clock.Advance(TimeSpan.FromSeconds(0.9));
        _harness.Connection.IsClosed.Should().BeFalse();
        _harness.Clock.Advance(TimeSpan.FromSeconds(0.1));

        (await _harness.Connection.Closed).Should().Be(CloseReason.Refused);
        _harness.End(CloseReason.Refused);
        _harness.Handler.HasNotes.Should().BeFalse("a refused socket was never there");
    }

    [Fact]
    public async Task Connect_AgainWithinTheGrace_Stays()
    {
        _harness.Handler.OnConnect = static (_, request, _) =>
            new(request.Auth.IsEmpty ? ConnectDecision.Refused("no") : ConnectDecision.Accepted);
        await _harness.ReceiveAsync("0");
        await _harness.Connection.NextAsync();

        await _harness.ReceiveAsync("0{\"key\":1}");
        (await _harness.Connection.NextAsync()).Should().StartWith("0{\"sid\"");
        _harness.Clock.Advance(TimeSpan.FromHours(1));

        _harness.Connection.IsClosed.Should().BeFalse();
    }

    [Fact]
    public async Task Connect_RefusedInOneNamespace_LeavesTheOther()
    {
        await _harness.ConnectAsync();

        await _harness.ReceiveAsync("0/unknown,");
        (await _harness.Connection.NextAsync()).Should().Be("4/unknown,{\"message\":\"Invalid namespace\"}");
        _harness.Clock.Advance(TimeSpan.FromHours(1));

        _harness.Connection.IsClosed.Should().BeFalse();
    }

    [Fact]
    public async Task Connect_HandlerThrows_IsRefusedWithoutDetailAndLogged()
    {
        _harness.ExpectsComplaints = true;
        _harness.Handler.OnConnect = static (_, _, _) => throw new InvalidOperationException("a detail");

        await _harness.ReceiveAsync("0");

        (await _harness.Connection.NextAsync()).Should().Be("4{\"message\":\"Internal error\"}");
        _harness.Log.Complaints.Should().ContainSingle().Which.Text.Should().Contain("a detail");
    }

    [Fact]
    public async Task Connect_SecondTime_IsAnErrorAndChangesNothing()
    {
        await _harness.ConnectAsync();

        await _harness.ReceiveAsync("0");
        (await _harness.Connection.NextAsync()).Should().Be("4{\"message\":\"Unable to connect\"}");
        await _harness.ReceiveAsync("2[\"a\"]");

        (await _harness.Handler.NextAsync()).Should().Be("a[]");
    }

    [Fact]
    public async Task Connect_NeverSent_ClosesAtTheTimeOut()
    {
        _harness.Clock.Advance(TimeSpan.FromSeconds(44));
        _harness.Connection.IsClosed.Should().BeFalse();

        _harness.Clock.Advance(TimeSpan.FromSeconds(1));

        (await _harness.Connection.Closed).Should().Be(CloseReason.ConnectTimeout);
        _harness.Clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public async Task Connect_Sent_FreesTheTimer()
    {
        _harness.Clock.ActiveTimers.Should().Be(1);

        await _harness.ConnectAsync();

        _harness.Clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public void Closed_BeforeConnect_FreesTheTimer()
    {
        _harness.End(CloseReason.TransportLost);

        _harness.Clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public async Task Closed_WhileConnecting_AcceptedSocketStillGetsItsEventsAndItsEnd()
    {
        var isCancelled = new TaskCompletionSource();
        var decision = new TaskCompletionSource<ConnectDecision>();
        _harness.Handler.OnConnect = (_, _, cancellationToken) =>
        {
            cancellationToken.Register(isCancelled.SetResult);
            return new(decision.Task);
        };
        await _harness.ReceiveAsync("2[\"early\",0]");
        await _harness.ReceiveAsync("0");
        await _harness.ReceiveAsync("2[\"kept\",1]");
        _harness.End(CloseReason.TransportLost);
        await isCancelled.Task.WaitAsync(TestLimits.Step);
        decision.SetResult(ConnectDecision.Accepted);

        (await _harness.Handler.NextAsync()).Should().Be("connected");
        (await _harness.Handler.NextAsync()).Should().Be("early[0]");
        (await _harness.Handler.NextAsync()).Should().Be("kept[1]");
        (await _harness.Handler.NextAsync()).Should().Be("disconnected ConnectionClosed");
        _harness.Handler.Overlapped.Should().BeFalse();
    }

    [Fact]
    public async Task Closed_WhileConnecting_HandlerThatGivesUpIsNoError()
    {
        _harness.Handler.OnConnect = static async (_, _, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return ConnectDecision.Accepted;
        };
        await _harness.ReceiveAsync("0");
        var socket = await _harness.Handler.NextSocketAsync();

        _harness.End(CloseReason.ServerShutdown);

        socket.Closing.IsCancellationRequested.Should().BeTrue();
        socket.TrySend(PreparedEvents.Create("e", "1"u8)).Should().BeFalse();
    }

    [Fact]
    public async Task Disconnect_BySocketWhileConnecting_FollowsTheAnswer()
    {
        _harness.Handler.OnConnect = static (socket, _, _) =>
        {
            socket.Disconnect();
            return new(ConnectDecision.Accepted);
        };

        await _harness.ReceiveAsync("0");

        (await _harness.Connection.NextAsync()).Should().StartWith("0{\"sid\"");
        (await _harness.Connection.NextAsync()).Should().Be("1");
        (await _harness.Connection.Closed).Should().Be(CloseReason.ServerClosed);
        (await _harness.Handler.NextAsync()).Should().Be("connected");
        (await _harness.Handler.NextAsync()).Should().Be("disconnected ServerDisconnect");
    }
}
