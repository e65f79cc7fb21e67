using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.SocketIO.Namespaces;

public sealed class DisconnectTests : IDisposable
{
    private readonly SocketHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public async Task Disconnect_ByClient_EndsTheSocketAndWhatFollowsIsIgnored()
    {
        var socket = await _harness.ConnectAsync();

        await _harness.ReceiveAsync("1");
        await _harness.ReceiveAsync("2[\"late\"]");
        await _harness.ReceiveAsync("37[]");
        await _harness.ReceiveAsync("51-[\"late\",{\"_placeholder\":true,\"num\":0}]");
        await _harness.ReceiveAsync([1, 2, 3]);
        await _harness.ReceiveAsync("1");

        (await _harness.Handler.NextAsync()).Should().Be("disconnected ClientDisconnect");
        socket.Closing.IsCancellationRequested.Should().BeTrue();
        _harness.Connection.IsClosed.Should().BeFalse();
        _harness.Connection.HasSent.Should().BeFalse();
        _harness.Handler.HasNotes.Should().BeFalse();
    }

    [Fact]
    public async Task Disconnect_ByClientFromItsLastNamespace_ClosesAfterTheConnectTimeOut()
    {
        await _harness.ConnectAsync();

        await _harness.ReceiveAsync("1");
        _harness.Clock.Advance(TimeSpan.FromSeconds(45));

        (await _harness.Connection.Closed).Should().Be(CloseReason.ConnectTimeout);
    }

    [Fact]
    public async Task Disconnect_ThenConnect_IsANewSocket()
    {
        var first = await _harness.ConnectAsync();
        await _harness.ReceiveAsync("1");
        (await _harness.Handler.NextAsync()).Should().Be("disconnected ClientDisconnect");

        var second = await _harness.ConnectAsync();

        second.Id.Should().NotBe(first.Id);
        first.Emit("a", "[]"u8).Should().BeFalse();
        second.Emit("a", "[]"u8).Should().BeTrue();
        _harness.Clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public async Task Disconnect_ByServer_IsToldAndEndsTheConnection()
    {
        var socket = await _harness.ConnectAsync();

        socket.Emit("last", "[]"u8);
        socket.Disconnect();
        socket.Disconnect();

        (await _harness.Connection.NextAsync()).Should().Be("2[\"last\"]");
        (await _harness.Connection.NextAsync()).Should().Be("1");
        (await _harness.Connection.Closed).Should().Be(CloseReason.ServerClosed);
        (await _harness.Handler.NextAsync()).Should().Be("disconnected ServerDisconnect");
        await _harness.ReceiveAsync("2[\"late\"]");
        _harness.End(CloseReason.ServerClosed);
        _harness.Handler.HasNotes.Should().BeFalse();
        _harness.Connection.HasSent.Should().BeFalse();
    }

    [Fact]
    public async Task Disconnect_ByServerFromOneOfTwoNamespaces_LeavesTheOther()
    {
        await _harness.ConnectAsync();
        var custom = await _harness.ConnectAsync("0/custom,", _harness.CustomHandler);

        custom.Disconnect();
        (await _harness.Connection.NextAsync()).Should().Be("1/custom,");
        await _harness.ReceiveAsync("2/custom,[\"late\"]");
        await _harness.ReceiveAsync("2[\"a\"]");

        (await _harness.Handler.NextAsync()).Should().Be("a[]");
        _harness.Connection.IsClosed.Should().BeFalse();
    }

    [Fact]
    public async Task Disconnect_FromInsideAnEvent_ComesAfterTheEvent()
    {
        await _harness.ConnectAsync();
        _harness.Handler.OnEvent = static (socket, _) =>
        {
            socket.Disconnect();
            return ValueTask.CompletedTask;
        };

        await _harness.ReceiveAsync("2[\"a\"]");

        (await _harness.Handler.NextAsync()).Should().Be("a[]");
        (await _harness.Handler.NextAsync()).Should().Be("disconnected ServerDisconnect");
        _harness.Handler.Overlapped.Should().BeFalse();
    }

    [Fact]
    public async Task Closed_InTwoNamespaces_EndsBothSocketsOnce()
    {
        await _harness.ConnectAsync();
        await _harness.ConnectAsync("0/custom,", _harness.CustomHandler);

        _harness.End(CloseReason.SlowConsumer);

        (await _harness.Handler.NextAsync()).Should().Be("disconnected SlowConsumer");
        (await _harness.CustomHandler.NextAsync()).Should().Be("disconnected SlowConsumer");
    }

    [Fact]
    public void From_EveryCloseReason_HasADisconnectReasonWithAText()
    {
        foreach (var reason in Enum.GetValues<CloseReason>())
        {
            DisconnectReasons.TextOf(DisconnectReasons.From(reason)).Should().NotBeEmpty();
        }
    }

    [Theory]
    [InlineData("ClientClosed", "transport close")]
    [InlineData("PingTimeout", "ping timeout")]
    [InlineData("ParseError", "parse error")]
    [InlineData("ServerShutdown", "server shutting down")]
    public void TextOf_KnownReasons_IsWhatTheJavaScriptServerSays(string reason, string text) =>
        DisconnectReasons.TextOf(DisconnectReasons.From(Enum.Parse<CloseReason>(reason))).Should().Be(text);
}
