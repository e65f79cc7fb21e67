using System.Text;

using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.SocketIO;

public sealed class SocketConnectionTests : IDisposable
{
    private readonly SocketHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public async Task Send_ManyEvents_QueuesThemInOrderAGroupAtATime()
    {
        var socket = await _harness.ConnectAsync();
        _harness.Connection.Groups.Clear();

        (await socket.SendAsync(Events(100), CancellationToken.None)).Should().BeTrue();

        for (var i = 0; i < 100; i++)
        {
            (await _harness.Connection.NextAsync()).Should().Be($"2[\"e\",{i}]");
        }

        _harness.Connection.Groups.Should().OnlyContain(static size => size <= 16).And.HaveCountLessThan(10);
    }

    [Fact]
    public async Task Send_LargeEvents_GoInSmallGroups()
    {
        var socket = await _harness.ConnectAsync();
        _harness.Connection.Groups.Clear();
        var large = PreparedEvents.Create("e", Encoding.UTF8.GetBytes($"\"{new string('x', 100_000)}\""));

        await socket.SendAsync(new[] { large, large, large }, CancellationToken.None);

        _harness.Connection.Groups.Should().Equal(1, 1, 1);
    }

    [Fact]
    public async Task Send_NoCapacity_WaitsForIt()
    {
        var socket = await _harness.ConnectAsync();
        var capacity = new TaskCompletionSource();
        _harness.Connection.Capacity = () => capacity.Task;

        var sending = socket.SendAsync(Events(3), CancellationToken.None).AsTask();
        sending.IsCompleted.Should().BeFalse();
        _harness.Connection.HasSent.Should().BeFalse();
        capacity.SetResult();

        (await sending.WaitAsync(TestLimits.Step)).Should().BeTrue();
    }

    [Fact]
    public async Task Send_SocketLeavesMeanwhile_GivesFalseAndSendsNothingMore()
    {
        var socket = await _harness.ConnectAsync();
        await _harness.ConnectAsync("0/custom,", _harness.CustomHandler);
        var capacity = new TaskCompletionSource();
        _harness.Connection.Capacity = () => capacity.Task;
        var sending = socket.SendAsync(Events(3), CancellationToken.None).AsTask();

        await _harness.ReceiveAsync("1");

        (await sending.WaitAsync(TestLimits.Step)).Should().BeFalse();
        capacity.SetResult();
        _harness.Connection.HasSent.Should().BeFalse();
    }

    [Fact]
    public async Task Send_ConnectionClosed_GivesFalse()
    {
        var socket = await _harness.ConnectAsync();

        _harness.Connection.Close(CloseReason.SlowConsumer);

        (await socket.SendAsync(Events(3), CancellationToken.None)).Should().BeFalse();
        socket.TrySend(PreparedEvents.Create("e", "1"u8)).Should().BeFalse();
        _harness.End(CloseReason.SlowConsumer);
    }

    [Fact]
    public async Task Emit_NameAndArguments_AreSpliced()
    {
        var socket = await _harness.ConnectAsync();

        socket.Emit("say \"hi\"", "[1,{\"a\":[]}]"u8);

        (await _harness.Connection.NextAsync()).Should().Be("2[\"say \\\"hi\\\"\",1,{\"a\":[]}]");
    }

    private static ReadOnlyMemory<PreparedEvent> Events(int count)
    {
        var batch = new PreparedEventBatch("e");
        for (var i = 0; i < count; i++)
        {
            batch.Add(Encoding.UTF8.GetBytes($"{i}"));
        }

        return batch.Build();
    }
}
