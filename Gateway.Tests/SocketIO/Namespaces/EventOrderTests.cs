using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.SocketIO.Namespaces;

public sealed class EventOrderTests : IDisposable
{
    private readonly SocketHarness _harness = new(static options =>
    {
        options.MaxQueuedEvents = 4;
        options.MaxQueuedBytes = 1_024;
    });

    public void Dispose() => _harness.Dispose();

    [Fact]
    public async Task Event_BeforeAndDuringConnect_IsHandledAfterIt()
    {
        var decision = new TaskCompletionSource<ConnectDecision>();
        _harness.Handler.OnConnect = (_, _, _) => new(decision.Task);

        await _harness.ReceiveAsync("2[\"before\"]");
        await _harness.ReceiveAsync("0");
        await _harness.ReceiveAsync("2[\"during\"]");
        decision.SetResult(ConnectDecision.Accepted);
        (await _harness.Handler.NextAsync()).Should().Be("connected");
        await _harness.ReceiveAsync("2[\"after\"]");

        (await _harness.Handler.NextAsync()).Should().Be("before[]");
        (await _harness.Handler.NextAsync()).Should().Be("during[]");
        (await _harness.Handler.NextAsync()).Should().Be("after[]");
    }

    [Fact]
    public async Task Event_TooManyBeforeConnect_ClosesWithAReason()
    {
        for (var i = 0; i < 5; i++)
        {
            _harness.Connection.IsClosed.Should().BeFalse();
            await _harness.ReceiveAsync("2[\"a\"]");
        }

        (await _harness.Connection.Closed).Should().Be(CloseReason.TooManyPackets);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Event_TooManyBytesBeforeTheConnectAnswer_ClosesWithAReason(bool isConnecting)
    {
        _harness.Handler.OnConnect = static async (_, _, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return ConnectDecision.Accepted;
        };
        await (isConnecting ? _harness.ReceiveAsync("0") : Task.CompletedTask);
        var large = $"2[\"a\",\"{new string('x', 600)}\"]";

        await _harness.ReceiveAsync(large);
        _harness.Connection.IsClosed.Should().BeFalse();
        await _harness.ReceiveAsync(large);

        (await _harness.Connection.Closed).Should().Be(CloseReason.TooManyPackets);
        _harness.End(CloseReason.TooManyPackets);
    }

    [Fact]
    public async Task Event_ForANamespaceThatIsNotServed_IsDropped()
    {
        for (var i = 0; i < 20; i++)
        {
            await _harness.ReceiveAsync("2/unknown,[\"a\"]");
        }

        _harness.Connection.IsClosed.Should().BeFalse();
    }

    [Fact]
    public async Task Event_WhileAnotherIsHandled_WaitsItsTurn()
    {
        await _harness.ConnectAsync();
        var first = new TaskCompletionSource();
        _harness.Handler.OnEvent = (_, socketEvent) => new(socketEvent.Name == "first" ? first.Task : Task.CompletedTask);

        await _harness.ReceiveAsync("2[\"first\"]");
        await _harness.ReceiveAsync("2[\"second\"]");
        await _harness.ReceiveAsync("2[\"third\"]");
        _harness.Handler.HasNotes.Should().BeFalse();
        first.SetResult();

        (await _harness.Handler.NextAsync()).Should().Be("first[]");
        (await _harness.Handler.NextAsync()).Should().Be("second[]");
        (await _harness.Handler.NextAsync()).Should().Be("third[]");
        _harness.Handler.Overlapped.Should().BeFalse();
    }

    [Fact]
    public async Task Event_WhenTheQueueIsFull_HoldsTheReadPathUntilThereIsRoom()
    {
        await _harness.ConnectAsync();
        var (gate, held) = await FillQueueAsync();
        held.IsCompleted.Should().BeFalse();
        gate.Release();
        await held;

        gate.Release(5);
        for (var i = 0; i < 6; i++)
        {
            (await _harness.Handler.NextAsync()).Should().Be($"e[{i}]");
        }
    }

    [Fact]
    public async Task Closed_WhileTheReadPathIsHeld_HandlesWhatWasRead()
    {
        await _harness.ConnectAsync();
        var (gate, held) = await FillQueueAsync();
        _harness.Connection.Close(CloseReason.PingTimeout);
        await held;
        _harness.Receiver.Closed(CloseReason.PingTimeout);
        gate.Release(6);

        for (var i = 0; i < 6; i++)
        {
            (await _harness.Handler.NextAsync()).Should().Be($"e[{i}]");
        }

        (await _harness.Handler.NextAsync()).Should().Be("disconnected PingTimeout");
    }

    [Fact]
    public async Task Event_HandlerThrows_IsLoggedAndTheNextIsHandled()
    {
        _harness.ExpectsComplaints = true;
        await _harness.ConnectAsync();
        _harness.Handler.OnEvent = static (_, socketEvent) =>
            socketEvent.Name == "bad" ? throw new InvalidOperationException("a detail") : ValueTask.CompletedTask;

        await _harness.ReceiveAsync("2[\"bad\"]");
        await _harness.ReceiveAsync("2[\"good\"]");

        (await _harness.Handler.NextAsync()).Should().Be("bad[]");
        (await _harness.Handler.NextAsync()).Should().Be("good[]");
        _harness.Log.Complaints.Should().ContainSingle().Which.Text.Should().Contain("a detail");
    }

    [Fact]
    public async Task Event_ManyFromOneClientWhileItIsDisconnected_NeverOverlap()
    {
        var socket = await _harness.ConnectAsync();
        _harness.Handler.OnEvent = static async (_, _) => await Task.Yield();

        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                await _harness.ReceiveAsync($"2[\"e\",{i}]");
            }
        });
        (await _harness.Handler.NextAsync()).Should().Be("e[0]");
        socket.Disconnect();
        await sending.WaitAsync(TestLimits.Step);

        var expected = 1;
        string note;
        while (!(note = await _harness.Handler.NextAsync()).StartsWith("disconnected", StringComparison.Ordinal))
        {
            note.Should().Be($"e[{expected++}]");
        }

        _harness.Handler.Overlapped.Should().BeFalse();
        _harness.Handler.HasNotes.Should().BeFalse();
    }

    /// <summary>As many events as the queue takes while the handler waits for the gate, and one more, which is held.</summary>
    private async Task<(SemaphoreSlim Gate, Task Held)> FillQueueAsync()
    {
        var gate = new SemaphoreSlim(0);
        _harness.Handler.OnEvent = (_, _) => new(gate.WaitAsync());
        for (var i = 0; i < 5; i++)
        {
            await _harness.ReceiveAsync($"2[\"e\",{i}]");
        }

        return (gate, _harness.ReceiveAsync("2[\"e\",5]"));
    }
}
