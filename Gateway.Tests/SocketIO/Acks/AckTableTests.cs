using System.Text;

using Gateway.EngineIO;
using Gateway.SocketIO.Acks;
using Gateway.Tests.Support;

namespace Gateway.Tests.SocketIO.Acks;

public sealed class AckTableTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Ask_Answered_GivesTheArguments()
    {
        var table = new AckTable(_clock);
        var ids = new List<long>();
        var first = table.AskAsync(Note(ids), s_second, CancellationToken.None);
        var second = table.AskAsync(Note(ids), s_second, CancellationToken.None);

        table.TryAnswer(ids[1], "[2]"u8.ToArray(), [new byte[] { 1 }]).Should().BeTrue();
        table.TryAnswer(ids[0], "[1]"u8.ToArray(), []).Should().BeTrue();

        ids.Should().Equal(0, 1);
        Encoding.UTF8.GetString((await Limited(first)).Arguments.Span).Should().Be("[1]");
        (await Limited(second)).Attachments.Should().ContainSingle();
        table.Count.Should().Be(0);
        _clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public async Task Ask_NotAnsweredInTime_TimesOutAndALateAnswerIsIgnored()
    {
        var table = new AckTable(_clock);
        var asked = table.AskAsync(static _ => ValueTask.FromResult(true), s_second, CancellationToken.None);

        _clock.Advance(s_second);

        (await Limited(asked)).Status.Should().Be(AckStatus.TimedOut);
        table.TryAnswer(0, "[]"u8.ToArray(), []).Should().BeFalse();
        table.Count.Should().Be(0);
    }

    [Fact]
    public async Task Ask_SocketCloses_SaysDisconnected()
    {
        var table = new AckTable(_clock);
        var before = table.AskAsync(static _ => ValueTask.FromResult(true), s_second, CancellationToken.None);

        table.Close();
        var after = table.AskAsync(static _ => ValueTask.FromResult(true), s_second, CancellationToken.None);

        (await Limited(before)).Status.Should().Be(AckStatus.Disconnected);
        (await Limited(after)).Status.Should().Be(AckStatus.Disconnected);
        table.Count.Should().Be(0);
    }

    [Fact]
    public async Task Ask_CannotBeSent_SaysDisconnected()
    {
        var table = new AckTable(_clock);

        var asked = table.AskAsync(static _ => ValueTask.FromResult(false), s_second, CancellationToken.None);

        (await Limited(asked)).Status.Should().Be(AckStatus.Disconnected);
    }

    [Fact]
    public async Task Ask_CallerGivesUp_Throws()
    {
        var table = new AckTable(_clock);
        using var giveUp = new CancellationTokenSource();
        var asked = table.AskAsync(static _ => ValueTask.FromResult(true), s_second, giveUp.Token);

        await giveUp.CancelAsync();

        await asked.Invoking(static task => Limited(task)).Should().ThrowAsync<OperationCanceledException>();
        table.Count.Should().Be(0);
    }

    [Fact]
    public async Task Ask_TooManyUnanswered_IsNotSent()
    {
        var table = new AckTable(_clock);
        var asked = Enumerable.Range(0, AckTable.MaxPending)
            .Select(_ => table.AskAsync(static _ => ValueTask.FromResult(true), s_second, CancellationToken.None)).ToArray();

        var oneMore = table.AskAsync(static _ => throw new InvalidOperationException("sent"), s_second, CancellationToken.None);

        (await Limited(oneMore)).Status.Should().Be(AckStatus.TooManyPending);
        table.Close();
        await Limited(Task.WhenAll(asked));
        table.Count.Should().Be(0);
    }

    [Fact]
    public async Task Ask_AnswerTimeOutAndCloseAtOnce_EndsExactlyOnce()
    {
        for (var round = 0; round < 200; round++)
        {
            var clock = new FakeTimeProvider();
            var table = new AckTable(clock);
            var asked = table.AskAsync(static _ => ValueTask.FromResult(true), s_second, CancellationToken.None);
            using var start = new Barrier(3);
            var answered = false;

            await Limited(Task.WhenAll(
                Task.Run(() => { start.SignalAndWait(); answered = table.TryAnswer(0, "[]"u8.ToArray(), []); }),
                Task.Run(() => { start.SignalAndWait(); clock.Advance(s_second); }),
                Task.Run(() => { start.SignalAndWait(); table.Close(); })));

            ((await Limited(asked)).Status == AckStatus.Answered).Should().Be(answered);
            table.Count.Should().Be(0);
        }
    }

    [Fact]
    public async Task EmitWithAck_OverASocket_GoesBothWays()
    {
        using var harness = new SocketHarness();
        var socket = await harness.ConnectAsync("0/custom,", harness.CustomHandler);

        var asked = socket.EmitWithAckAsync("q", "[1]"u8.ToArray(), [], s_second, CancellationToken.None);
        (await harness.Connection.NextAsync()).Should().Be("2/custom,0[\"q\",1]");
        await harness.ReceiveAsync("3/custom,99[\"nobody asked\"]");
        await harness.ReceiveAsync("61-/custom,0[{\"_placeholder\":true,\"num\":0}]");
        await harness.ReceiveAsync([8]);

        var answer = await Limited(asked);
        answer.Status.Should().Be(AckStatus.Answered);
        answer.Attachments.Single().ToArray().Should().Equal(8);
        harness.Connection.IsClosed.Should().BeFalse();
    }

    [Fact]
    public async Task EmitWithAck_InsideAnEvent_IsAnsweredWhileTheEventIsHandled()
    {
        using var harness = new SocketHarness();
        harness.Handler.OnEvent = static async (socket, socketEvent) =>
        {
            var answer = await socket.EmitWithAckAsync("q", "[]"u8.ToArray(), [], s_second, CancellationToken.None);
            (await socketEvent.Ack!.SendAsync(answer.Arguments.Span)).Should().BeTrue();
            (await socketEvent.Ack!.SendAsync("[\"again\"]"u8)).Should().BeFalse();
        };
        await harness.ConnectAsync();

        await harness.ReceiveAsync("25[\"a\"]");
        (await harness.Connection.NextAsync()).Should().Be("20[\"q\"]");
        await harness.ReceiveAsync("30[\"x\"]");

        (await harness.Connection.NextAsync()).Should().Be("35[\"x\"]");
        (await harness.Handler.NextAsync()).Should().Be("a[]");
        harness.Connection.HasSent.Should().BeFalse("an acknowledgement is sent once");
    }

    [Fact]
    public async Task EmitWithAck_ConnectionCloses_SaysDisconnected()
    {
        using var harness = new SocketHarness();
        var socket = await harness.ConnectAsync();
        var asked = socket.EmitWithAckAsync("q", "[]"u8.ToArray(), [], s_second, CancellationToken.None);

        harness.End(CloseReason.TransportLost);

        (await Limited(asked)).Status.Should().Be(AckStatus.Disconnected);
    }

    private static Func<long, ValueTask<bool>> Note(List<long> ids) => id =>
    {
        ids.Add(id);
        return ValueTask.FromResult(true);
    };

    private static Task<T> Limited<T>(Task<T> task) => task.WaitAsync(TestLimits.Step);

    private static Task Limited(Task task) => task.WaitAsync(TestLimits.Step);
}
