using Gateway.EngineIO.Protocol;
using Gateway.EngineIO.Sessions;

namespace Gateway.Tests.EngineIO.Sessions;

public class OutboundQueueTests
{
    private readonly OutboundQueue _queue = new(maxPackets: 16, maxBytes: 1_000);
    private readonly EnginePacket[] _taken = new EnginePacket[32];

    [Fact]
    public void TryEnqueue_ReaderWaits_WakesItOnce()
    {
        Take().IsEmpty.Should().BeTrue();

        _queue.TryEnqueue(Packet(1)).Should().Be(EnqueueResult.QueuedWakeReader);
        _queue.TryEnqueue(Packet(2)).Should().Be(EnqueueResult.Queued);
        _queue.RequestPing().Should().BeFalse();
        _queue.Nudge().Should().BeFalse();
    }

    [Fact]
    public void Take_ManyPackets_GivesThemInOrderAcrossGrowthAndWrapping()
    {
        var sent = 0;
        var received = new List<int>();
        for (var round = 0; round < 10; round++)
        {
            for (var i = 0; i < 11; i++)
            {
                _queue.TryEnqueue(Packet(++sent)).Should().NotBe(EnqueueResult.Full);
            }

            received.AddRange(TakeLengths(7));
            received.AddRange(TakeLengths(4));
        }

        received.Should().Equal(Enumerable.Range(1, sent).Select(static i => i % 40));
    }

    [Fact]
    public void TryEnqueue_MorePacketsThanAllowed_IsFull()
    {
        for (var i = 0; i < 16; i++)
        {
            _queue.TryEnqueue(Packet(1)).Should().Be(EnqueueResult.Queued);
        }

        _queue.TryEnqueue(Packet(1)).Should().Be(EnqueueResult.Full);
    }

    [Fact]
    public void TryEnqueue_MoreBytesThanAllowed_IsFullButOneIsAlwaysTaken()
    {
        _queue.TryEnqueue(EnginePacket.Binary(new byte[5_000])).Should().Be(EnqueueResult.Queued);
        _queue.TryEnqueue(EnginePacket.Text(new byte[1])).Should().Be(EnqueueResult.Full);
    }

    [Fact]
    public void TryEnqueue_SetThatDoesNotFit_TakesNoneOfIt()
    {
        _queue.TryEnqueue(Enumerable.Repeat(Packet(1), 10).ToArray());

        _queue.TryEnqueue(Enumerable.Repeat(Packet(2), 7).ToArray()).Should().Be(EnqueueResult.Full);

        Take().Count.Should().Be(10);
    }

    [Fact]
    public void Take_SmallBudget_GivesWhatFitsAndTheFirstWhateverItsSize()
    {
        _queue.TryEnqueue(EnginePacket.Text(new byte[100]));
        _queue.TryEnqueue(EnginePacket.Text(new byte[100]));

        _queue.Take(_taken, 50, first: false).Count.Should().Be(0);
        _queue.Take(_taken, 50, first: true).Count.Should().Be(1);
        _queue.Take(_taken, 500, first: true).Count.Should().Be(1);
    }

    [Fact]
    public void Take_LaterTakeOfABatchFindsNothing_ReaderDoesNotCountAsWaiting()
    {
        _queue.Take(_taken, 100, first: false).IsEmpty.Should().BeTrue();

        _queue.TryEnqueue(Packet(1)).Should().Be(EnqueueResult.Queued);
    }

    [Fact]
    public void RequestPing_FullQueue_ComesWithTheNextTake()
    {
        for (var i = 0; i < 16; i++)
        {
            _queue.TryEnqueue(Packet(1));
        }

        _queue.Take(_taken.AsSpan(0, 1), 1_000, first: true);
        _queue.RequestPing();

        _queue.Take(_taken.AsSpan(0, 1), 1_000, first: true).Ping.Should().BeTrue();
        _queue.Take(_taken.AsSpan(0, 1), 1_000, first: true).Ping.Should().BeFalse();
    }

    [Fact]
    public void RequestPing_OpenPacketNotTakenYet_ComesAfterIt()
    {
        _queue.TryEnqueue(Packet(1));
        _queue.RequestPing();

        var first = _queue.Take(_taken.AsSpan(0, 1), 1_000, first: true);
        var second = _queue.Take(_taken.AsSpan(0, 1), 1_000, first: true);

        (first.Count, first.Ping).Should().Be((1, false));
        (second.Count, second.Ping).Should().Be((0, true));
    }

    [Fact]
    public async Task WaitForRoomAsync_QuarterFree_CompletesAtOnce()
    {
        for (var i = 0; i < 11; i++)
        {
            _queue.TryEnqueue(Packet(1));
        }

        (await _queue.WaitForRoomAsync(default)).Should().BeTrue();
    }

    [Fact]
    public async Task WaitForRoomAsync_NearlyFull_CompletesWhenHalfIsTaken()
    {
        for (var i = 0; i < 12; i++)
        {
            _queue.TryEnqueue(Packet(1));
        }

        var room = _queue.WaitForRoomAsync(default).AsTask();
        TakeLengths(3);
        room.IsCompleted.Should().BeFalse();
        TakeLengths(1);

        (await room.WaitAsync(TimeSpan.FromSeconds(5))).Should().BeTrue();
    }

    [Fact]
    public async Task WaitForRoomAsync_Cancelled_ThrowsAndTheNextWaiterStillWaits()
    {
        _queue.TryEnqueue(EnginePacket.Text(new byte[2_000]));
        using var cancel = new CancellationTokenSource();

        var first = _queue.WaitForRoomAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await first.Invoking(static task => task).Should().ThrowAsync<OperationCanceledException>();
        var second = _queue.WaitForRoomAsync(default).AsTask();
        Take();

        (await second.WaitAsync(TimeSpan.FromSeconds(5))).Should().BeTrue();
    }

    [Fact]
    public async Task Complete_WhileWaiting_EndsTheWaitAndWakesTheReader()
    {
        _queue.TryEnqueue(EnginePacket.Text(new byte[2_000]));
        var room = _queue.WaitForRoomAsync(default).AsTask();

        _queue.Complete().Should().BeFalse("the reader was not waiting");

        (await room.WaitAsync(TimeSpan.FromSeconds(5))).Should().BeFalse();
        _queue.TryEnqueue(Packet(1)).Should().Be(EnqueueResult.Closed);
        Take().Should().Be(new Taken(0, false, IsComplete: true, false));
        (await _queue.WaitForRoomAsync(default)).Should().BeFalse();
    }

    [Fact]
    public void Complete_ReaderWaits_WakesIt()
    {
        Take();

        _queue.Complete().Should().BeTrue();
    }

    [Fact]
    public void RefuseMore_PacketsWait_TheyCanStillBeTaken()
    {
        _queue.TryEnqueue(Packet(1));

        _queue.RefuseMore().Should().BeFalse();

        _queue.TryEnqueue(Packet(2)).Should().Be(EnqueueResult.Closed);
        Take().Count.Should().Be(1);
        _queue.IsEmpty.Should().BeTrue();
    }

    [Fact]
    public void EnqueueAndTake_Warm_AllocatesNothing()
    {
        var packet = Packet(30);
        Cycle();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            Cycle();
        }

        GC.GetAllocatedBytesForCurrentThread().Should().Be(before);

        void Cycle()
        {
            for (var i = 0; i < 10; i++)
            {
                _queue.TryEnqueue(packet);
            }

            _queue.Take(_taken, 100_000, first: true);
        }
    }

    private static EnginePacket Packet(int number) => EnginePacket.Text(new byte[number % 40]);

    private Taken Take() => _queue.Take(_taken, long.MaxValue, first: true);

    private int[] TakeLengths(int count)
    {
        var taken = _queue.Take(_taken.AsSpan(0, count), long.MaxValue, first: true);
        return [.. _taken.Take(taken.Count).Select(static packet => packet.Data.Length)];
    }
}
