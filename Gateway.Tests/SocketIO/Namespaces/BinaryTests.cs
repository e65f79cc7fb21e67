using System.Text;

using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.SocketIO.Namespaces;

public sealed class BinaryTests : IDisposable
{
    private readonly SocketHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public async Task Event_WithAttachments_IsHandledWhenTheLastIsThere()
    {
        await _harness.ConnectAsync();
        IReadOnlyList<ReadOnlyMemory<byte>> attachments = [];
        _harness.Handler.OnEvent = (_, socketEvent) =>
        {
            attachments = socketEvent.Attachments;
            return ValueTask.CompletedTask;
        };

        await _harness.ReceiveAsync("52-[\"a\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]");
        await _harness.ReceiveAsync([1, 2, 3]);
        _harness.Handler.HasNotes.Should().BeFalse();
        await _harness.ReceiveAsync();

        (await _harness.Handler.NextAsync()).Should().Be("a[{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]");
        attachments.Select(static part => part.ToArray()).Should().BeEquivalentTo([new byte[] { 1, 2, 3 }, []]);
    }

    [Fact]
    public async Task Event_WithAttachmentsWhileConnecting_IsKeptAndHandledAfterwards()
    {
        var decision = new TaskCompletionSource<ConnectDecision>();
        _harness.Handler.OnConnect = (_, _, _) => new(decision.Task);

        await _harness.ReceiveAsync("0");
        await _harness.ReceiveAsync("51-[\"a\",{\"_placeholder\":true,\"num\":0}]");
        await _harness.ReceiveAsync([1]);
        await _harness.ReceiveAsync("2[\"b\"]");
        decision.SetResult(ConnectDecision.Accepted);

        (await _harness.Handler.NextAsync()).Should().Be("connected");
        (await _harness.Handler.NextAsync()).Should().StartWith("a[");
        (await _harness.Handler.NextAsync()).Should().Be("b[]");
    }

    [Fact]
    public async Task Emit_WithAttachments_SendsThemBehindTheEventInOneGroup()
    {
        var socket = await _harness.ConnectAsync("0/custom,", _harness.CustomHandler);
        _harness.Connection.Groups.Clear();

        socket.Emit("a", "[{\"_placeholder\":true,\"num\":0}]"u8, [new byte[] { 7 }]).Should().BeTrue();

        (await _harness.Connection.NextAsync()).Should().Be("51-/custom,[\"a\",{\"_placeholder\":true,\"num\":0}]");
        var attachment = await _harness.Connection.NextMessageAsync();
        attachment.IsBinary.Should().BeTrue();
        attachment.Data.ToArray().Should().Equal(7);
        _harness.Connection.Groups.Should().Equal(2);
    }

    [Fact]
    public async Task Ack_WithAttachments_AnswersTheClient()
    {
        await _harness.ConnectAsync();
        _harness.Handler.OnEvent = static async (_, socketEvent) =>
            await socketEvent.Ack!.SendAsync(socketEvent.Arguments.Span, socketEvent.Attachments);

        await _harness.ReceiveAsync("51-9[\"a\",{\"_placeholder\":true,\"num\":0}]");
        await _harness.ReceiveAsync([5]);

        (await _harness.Connection.NextAsync()).Should().Be("61-9[{\"_placeholder\":true,\"num\":0}]");
        (await _harness.Connection.NextMessageAsync()).Data.ToArray().Should().Equal(5);
    }

    [Theory]
    [InlineData("connection")]
    [InlineData("server")]
    [InlineData("refusal")]
    [InlineData("nothing")]
    public async Task Assembly_WhenItsSocketEnds_IsFreed(string end)
    {
        var decision = new TaskCompletionSource<ConnectDecision>();
        _harness.Handler.OnConnect = (_, _, _) => new(decision.Task);
        await _harness.ReceiveAsync("0");
        await _harness.ReceiveAsync("52-[\"a\"]");
        await _harness.ReceiveAsync(new byte[100]);

        switch (end)
        {
            case "connection":
                _harness.End(CloseReason.TransportLost);
                break;
            case "server":
                (await _harness.Handler.NextSocketAsync()).Disconnect();
                break;
            case "refusal":
                decision.SetResult(ConnectDecision.Refused("no"));
                await _harness.Connection.NextAsync();
                break;
        }

        _harness.Server.InboundBudget.Held.Should().Be(end == "nothing" ? 102 : 0);
        _harness.Clock.ActiveTimers.Should().Be(end is "nothing" or "refusal" ? 1 : 0, "an assembly has a timer, and a refused client too");
    }

    [Fact]
    public async Task Assembly_NextAttachmentTakesTooLong_ClosesAndHoldsNothing()
    {
        await _harness.ConnectAsync();
        await _harness.ReceiveAsync("53-[\"a\"]");
        _harness.Clock.Advance(TimeSpan.FromSeconds(29));
        await _harness.ReceiveAsync(new byte[100]);
        _harness.Clock.Advance(TimeSpan.FromSeconds(29));
        await _harness.ReceiveAsync(new byte[100]);
        _harness.Connection.IsClosed.Should().BeFalse("each attachment has its time");
        _harness.Server.InboundBudget.Held.Should().Be(202);

        _harness.Clock.Advance(TimeSpan.FromSeconds(30));

        (await _harness.Connection.Closed).Should().Be(CloseReason.AttachmentTimeout);
        _harness.Server.InboundBudget.Held.Should().Be(0);
    }

    [Fact]
    public async Task Assembly_Complete_FreesItsTimerAndItsShareOfTheBudget()
    {
        await _harness.ConnectAsync();

        await _harness.ReceiveAsync("51-[\"a\",{\"_placeholder\":true,\"num\":0}]");
        await _harness.ReceiveAsync(new byte[100]);

        (await _harness.Handler.NextAsync()).Should().StartWith("a[");
        _harness.Clock.ActiveTimers.Should().Be(0);
        _harness.Server.InboundBudget.Held.Should().Be(0);
    }

    [Theory]
    [InlineData("51-[\"a\",\"some text\"]")]
    [InlineData("51-[\"a\"]", 100)]
    public async Task Assembly_BudgetSpent_Closes(string header, int attachment = 0)
    {
        _harness.ExpectsComplaints = true;
        await _harness.ConnectAsync();
        _harness.Server.InboundBudget.TryReserve((256 * 1_024 * 1_024) - 10).Should().BeTrue();

        await _harness.ReceiveAsync(header);
        await _harness.ReceiveAsync(new byte[attachment]);

        (await _harness.Connection.Closed).Should().Be(CloseReason.InboundBudgetSpent);
        _harness.End(CloseReason.InboundBudgetSpent);
        _harness.Server.InboundBudget.Held.Should().Be((256 * 1_024 * 1_024) - 10);
    }

    [Fact]
    public async Task Attachments_OfASocketThatEndedMeanwhile_AreSwallowed()
    {
        await _harness.ConnectAsync();
        var custom = await _harness.ConnectAsync("0/custom,", _harness.CustomHandler);
        await _harness.ReceiveAsync("52-/custom,[\"a\"]");
        await _harness.ReceiveAsync([1]);

        custom.Disconnect();
        await _harness.ReceiveAsync([2]);
        await _harness.ReceiveAsync("2[\"b\"]");

        (await _harness.Handler.NextAsync()).Should().Be("b[]");
        (await _harness.CustomHandler.NextAsync()).Should().Be("disconnected ServerDisconnect");
        _harness.Connection.IsClosed.Should().BeFalse();
    }

    [Fact]
    public async Task Arguments_KeptByTheHandler_StayAsTheyWere()
    {
        await _harness.ConnectAsync();
        ReadOnlyMemory<byte> kept = default;
        _harness.Handler.OnEvent = (_, socketEvent) =>
        {
            kept = socketEvent.Arguments;
            return ValueTask.CompletedTask;
        };
        var packet = Encoding.UTF8.GetBytes("2[\"a\",\"text\"]");

        await _harness.Receiver.ReceiveAsync(new EngineMessage(packet));
        packet.AsSpan().Clear();
        await _harness.Handler.NextAsync();

        Encoding.UTF8.GetString(kept.Span).Should().Be("[\"text\"]");
    }
}
