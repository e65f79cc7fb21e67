using Gateway.SocketIO.Namespaces;
using Gateway.Tests.Support;

namespace Gateway.Tests.SocketIO.Namespaces;

public sealed class SocketInboxTests : IDisposable
{
    private readonly SocketHarness _harness = new(static options => options.MaxQueuedEvents = 2);
    private readonly SocketInbox _inbox;

    public SocketInboxTests()
    {
        _inbox = new SocketInbox(_harness.Server, new Lock());
        _inbox.TryBegin(0, preConnectEvents: null).Should().BeTrue();
    }

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void Add_FullBeforeTheClientIsLetIn_IsTooMuch()
    {
        Fill();

        Add().Should().Be(DispatchStatus.TooMuchBeforeAnswer);
    }

    [Fact]
    public void Add_FullWhileTheAnswerIsOnItsWay_Waits()
    {
        _inbox.Admit();
        Fill();

        Add().Should().Be(DispatchStatus.WaitForCapacity);
        _inbox.WaitForCapacityAsync(CancellationToken.None).IsCompleted.Should().BeFalse();
    }

    [Fact]
    public void WaitForCapacity_AnEventWasTakenBeforeTheWait_IsOver()
    {
        _inbox.Admit();
        _inbox.Join();
        Fill();
        Add().Should().Be(DispatchStatus.WaitForCapacity);

        _inbox.TakeNext(out _, out _).Should().Be(NextCall.Event);

        _inbox.WaitForCapacityAsync(CancellationToken.None).IsCompleted.Should().BeTrue();
        Add().Should().Be(DispatchStatus.Done);
    }

    [Fact]
    public void WaitForCapacity_TheSocketLeavesBeforeTheWait_IsOver()
    {
        _inbox.Admit();
        _inbox.Join();
        Fill();
        Add().Should().Be(DispatchStatus.WaitForCapacity);

        _inbox.TryLeave(null, out _).Should().BeTrue();

        _inbox.WaitForCapacityAsync(CancellationToken.None).IsCompleted.Should().BeTrue();
        Add().Should().Be(DispatchStatus.Done);
    }

    private void Fill()
    {
        Add().Should().Be(DispatchStatus.Done);
        Add().Should().Be(DispatchStatus.Done);
    }

    private DispatchStatus Add() => _inbox.Add(new IncomingEvent("a", default, [], null), evenIfFull: false);
}
