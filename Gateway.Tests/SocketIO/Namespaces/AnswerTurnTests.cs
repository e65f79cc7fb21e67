using System.Text;

using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.SocketIO.Namespaces;

/// <summary>What the server owes a client waits for capacity in its outbound queue; a full queue is no reason to close it.</summary>
public sealed class AnswerTurnTests : IDisposable
{
    private readonly SocketHarness _harness = new();
    private TaskCompletionSource _capacity = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => _harness.Dispose();

    [Fact]
    public async Task ConnectAnswer_QueueFull_ComesWhenThereIsCapacity()
    {
        FillQueue();
        await _harness.ReceiveAsync("0");
        await _harness.Handler.NextSocketAsync();
        _harness.Connection.HasSent.Should().BeFalse();
        _harness.Handler.HasNotes.Should().BeFalse("connected means answered");

        _capacity.SetResult();

        (await _harness.Connection.NextAsync()).Should().StartWith("0{\"sid\"");
        (await _harness.Handler.NextAsync()).Should().Be("connected");
    }

    [Fact]
    public async Task ConnectAnswer_ClientLeavesWhileItWaits_IsNotSent()
    {
        FillQueue();
        await _harness.ReceiveAsync("0");
        await _harness.Handler.NextSocketAsync();

        await _harness.ReceiveAsync("1");

        (await _harness.Handler.NextAsync()).Should().Be("connected");
        (await _harness.Handler.NextAsync()).Should().Be("disconnected ClientDisconnect");
        _capacity.SetResult();
        _harness.Connection.HasSent.Should().BeFalse();
    }

    [Fact]
    public async Task ConnectAnswer_ServerDisconnectsWhileItWaits_ComesBeforeTheDisconnect()
    {
        FillQueue();
        await _harness.ReceiveAsync("0");
        var socket = await _harness.Handler.NextSocketAsync();

        socket.Disconnect();
        _capacity.SetResult();

        (await _harness.Connection.NextAsync()).Should().StartWith("0{\"sid\"");
        (await _harness.Connection.NextAsync()).Should().Be("1");
        (await _harness.Connection.Closed).Should().Be(CloseReason.ServerClosed);
    }

    [Fact]
    public async Task Refusal_QueueFull_ComesWhenThereIsCapacityAndTheGraceCountsFromThere()
    {
        _harness.Handler.OnConnect = static (_, _, _) => new(ConnectDecision.Refused("no"));
        FillQueue();
        await _harness.ReceiveAsync("0");
        await _harness.Handler.NextSocketAsync();
        _harness.Clock.Advance(TimeSpan.FromMinutes(1));

        _capacity.SetResult();

        (await _harness.Connection.NextAsync()).Should().StartWith("4{");
        await _harness.TimersAsync(1);
        _harness.Connection.IsClosed.Should().BeFalse();
    }

    [Fact]
    public async Task Acknowledgement_QueueFull_ComesWhenThereIsCapacityAndTheNextEventAfterIt()
    {
        await _harness.ConnectAsync();
        _harness.Handler.OnEvent = static async (_, socketEvent) => await socketEvent.Ack!.SendAsync("[]"u8);
        FillQueue();
        await _harness.ReceiveAsync("21[\"a\"]");
        await _harness.ReceiveAsync("22[\"b\"]");
        _harness.Connection.HasSent.Should().BeFalse();
        _harness.Handler.HasNotes.Should().BeFalse();

        _capacity.SetResult();

        (await _harness.Connection.NextAsync()).Should().Be("31[]");
        (await _harness.Connection.NextAsync()).Should().Be("32[]");
        _harness.Connection.IsClosed.Should().BeFalse();
    }

    [Fact]
    public async Task Acknowledgement_SocketLeavesWhileItWaits_IsGivenUp()
    {
        await _harness.ConnectAsync();
        var answered = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _harness.Handler.OnEvent = async (_, socketEvent) => answered.SetResult(await socketEvent.Ack!.SendAsync("[]"u8));
        FillQueue();
        await _harness.ReceiveAsync("21[\"a\"]");

        _harness.End(CloseReason.TransportLost);

        (await answered.Task.WaitAsync(TestLimits.Step)).Should().BeFalse();
    }

    [Fact]
    public async Task Disconnect_QueueFull_WaitsAsLongAsTheFlushGrace()
    {
        var socket = await _harness.ConnectAsync();
        FillQueue();

        socket.Disconnect();
        await _harness.TimersAsync(1);
        _harness.Connection.IsClosed.Should().BeFalse();
        _harness.Clock.Advance(TimeSpan.FromSeconds(5));

        (await _harness.Connection.Closed).Should().Be(CloseReason.ServerClosed);
        _harness.Connection.HasSent.Should().BeFalse();
    }

    [Fact]
    public async Task Disconnect_QueueFullForAMoment_ComesWhenThereIsCapacity()
    {
        var socket = await _harness.ConnectAsync();
        FillQueue();
        socket.Disconnect();

        _capacity.SetResult();

        (await _harness.Connection.NextAsync()).Should().Be("1");
        (await _harness.Connection.Closed).Should().Be(CloseReason.ServerClosed);
    }

    [Fact]
    public async Task EmitWithAck_QueueFull_TimesOutFromTheCall()
    {
        var socket = await _harness.ConnectAsync();
        FillQueue();
        var asked = socket.EmitWithAckAsync("q", "[]"u8.ToArray(), [], TimeSpan.FromSeconds(3), CancellationToken.None);

        _harness.Clock.Advance(TimeSpan.FromSeconds(3));

        (await asked.WaitAsync(TestLimits.Step)).Status.Should().Be(Gateway.SocketIO.Acks.AckStatus.TimedOut);
        _harness.Connection.IsClosed.Should().BeFalse();
    }

    [Fact]
    public async Task Emit_InTurn_ReachesTheClientWithItsAttachments()
    {
        var socket = await _harness.ConnectAsync();
        FillQueue();
        var emitted = socket.EmitAsync(
            "a", "[{\"_placeholder\":true,\"num\":0}]"u8, ["bytes"u8.ToArray()], CancellationToken.None).AsTask();
        _harness.Connection.HasSent.Should().BeFalse();

        _capacity.SetResult();

        (await emitted.WaitAsync(TestLimits.Step)).Should().BeTrue();
        (await _harness.Connection.NextAsync()).Should().StartWith("51-[\"a\"");
        Encoding.UTF8.GetString((await _harness.Connection.NextMessageAsync()).Data.Span).Should().Be("bytes");
    }

    private void FillQueue()
    {
        _capacity = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _harness.Connection.Capacity = () => _capacity.Task;
    }
}
