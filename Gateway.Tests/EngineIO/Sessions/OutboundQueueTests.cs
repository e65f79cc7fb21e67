using Gateway.EngineIO;
using Gateway.EngineIO.Protocol;
using Gateway.EngineIO.Sessions;
using Gateway.Tests.Support;

namespace Gateway.Tests.EngineIO.Sessions;

public class OutboundQueueTests
{
    private readonly OutboundQueue _queue = new(maxPackets: 16, maxBytes: 1_000);
    private readonly EnginePacket[] _taken = new EnginePacket[32];

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
    public async Task Share_SendersThatWait_GetInBySmallGroupsAndOthersAsBefore()
    {
        var queue = new OutboundQueue(maxPackets: 256, maxBytes: 1_024 * 1_024);
        queue.MaxBatchBytes.Should().Be(64 * 1_024);
        var reader = new Reader();

        queue.Share(() => reader);
        queue.Share(() => reader);

        reader.Told.Should().Be(1);
        queue.MaxBatchBytes.Should().Be(OutboundQueue.SharedBytes / 2);
        var group = new EnginePacket(EnginePacketType.Message, new byte[queue.MaxBatchBytes]);
        queue.TryEnqueueInTurn([group], CancellationToken.None, out _).Should().BeTrue();
        queue.TryEnqueueInTurn([group], CancellationToken.None, out _).Should().BeTrue();
        queue.TryEnqueueInTurn([group], CancellationToken.None, out var replay).Should().BeFalse("the client reads first");
        queue.TryEnqueueInTurn([Packet(1)], CancellationToken.None, out var other).Should().BeFalse("those who wait have their turn");
        queue.TryEnqueue(new EnginePacket(EnginePacketType.Message, new byte[100_000]))
            .Should().Be(EnqueueResult.Queued, "who cannot wait has the whole queue");
        queue.Take(_taken, budget: 1_000_000, first: true).Count.Should().Be(3);
        queue.Take(_taken, budget: 1_000_000, first: true).Count.Should().Be(2);
        (await replay.AsTask().WaitAsync(TestLimits.Step)).Should().BeTrue();
        (await other.AsTask().WaitAsync(TestLimits.Step)).Should().BeTrue();
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
        _queue.TryEnqueue(EnginePacket.Text(new byte[251])).Should().Be(EnqueueResult.Full);
    }

    [Fact]
    public void TryEnqueue_LargePacketFillsTheQueue_AQuarterIsLeftForSmallOnesUntilItIsTaken()
    {
        _queue.TryEnqueue(EnginePacket.Binary(new byte[5_000]));

        _queue.TryEnqueue(EnginePacket.Text(new byte[200])).Should().Be(EnqueueResult.Queued);
        _queue.TryEnqueue(EnginePacket.Text(new byte[50])).Should().Be(EnqueueResult.Queued);
        _queue.TryEnqueue(EnginePacket.Text(new byte[1])).Should().Be(EnqueueResult.Full);

        TakeLengths(1);
        _queue.TryEnqueue(EnginePacket.Binary(new byte[5_000])).Should().Be(EnqueueResult.Queued);
        _queue.TryEnqueue(EnginePacket.Text(new byte[250])).Should().Be(EnqueueResult.Queued);
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
    public void TryEnqueueInTurn_MoreThanAQuarterFree_AddsAtOnce()
    {
        Fill(11);

        _queue.TryEnqueueInTurn([Packet(1)], default, out _).Should().BeTrue();
        _queue.TryEnqueueInTurn([Packet(1)], default, out _).Should().BeFalse();
        _queue.TryEnqueue(Enumerable.Repeat(Packet(2), 4).ToArray())
            .Should()
            .Be(EnqueueResult.Queued, "the rest is for those who cannot wait");
    }

    [Fact]
    public async Task TryEnqueueInTurn_SeveralWait_TheyGetInInOrderWhenHalfIsTaken()
    {
        Fill(12);
        var turns = new[] { WaitWith(2), WaitWith(3), WaitWith(4) };

        TakeLengths(3);
        turns.Should().OnlyContain(static turn => !turn.IsCompleted);
        TakeLengths(1);

        (await turns[0].WaitAsync(TestLimits.Step)).Should().BeTrue();
        turns[1].IsCompleted.Should().BeFalse("there are more than half again");
        TakeLengths(16).Should().Equal(1, 1, 1, 1, 1, 1, 1, 1, 2);
        (await turns[2].WaitAsync(TestLimits.Step)).Should().BeTrue();
        TakeLengths(16).Should().Equal(3, 4);
    }

    [Fact]
    public async Task TryEnqueueInTurn_SomeoneWaits_NobodyOvertakes()
    {
        _queue.TryEnqueue(EnginePacket.Text(new byte[2_000]));
        var waiting = WaitWith(1);
        var behind = WaitWith(2);

        TakeLengths(1);

        (await waiting.WaitAsync(TestLimits.Step)).Should().BeTrue();
        (await behind.WaitAsync(TestLimits.Step)).Should().BeTrue();
        TakeLengths(16).Should().Equal(1, 2);
    }

    [Fact]
    public async Task TryEnqueueInTurn_SetLargerThanTheQueue_GetsInWhenItIsEmpty()
    {
        Fill(1);
        _queue.TryEnqueueInTurn(Enumerable.Repeat(Packet(2), 20).ToArray(), default, out var turn).Should().BeFalse();

        TakeLengths(1);

        (await turn.AsTask().WaitAsync(TestLimits.Step)).Should().BeTrue();
        Take().Count.Should().Be(20);
    }

    [Fact]
    public async Task TryEnqueueInTurn_FirstIsCancelled_ItIsNotAddedAndTheNextIs()
    {
        _queue.TryEnqueue(EnginePacket.Text(new byte[900]));
        using var cancel = new CancellationTokenSource();
        _queue.TryEnqueueInTurn([Packet(1)], cancel.Token, out var first);
        var cancelled = first.AsTask();
        var second = WaitWith(2);

        await cancel.CancelAsync();

        await cancelled.Invoking(static task => task.WaitAsync(TestLimits.Step)).Should().ThrowAsync<OperationCanceledException>();
        second.IsCompleted.Should().BeFalse();
        TakeLengths(1);
        (await second.WaitAsync(TestLimits.Step)).Should().BeTrue();
        TakeLengths(16).Should().Equal(2);
    }

    [Fact]
    public async Task TryEnqueueInTurn_LargeSetAheadIsCancelled_ASmallOneBehindGetsIn()
    {
        Fill(8);
        Fill(5);
        using var cancel = new CancellationTokenSource();
        _queue.TryEnqueueInTurn(Enumerable.Repeat(Packet(2), 12).ToArray(), cancel.Token, out var large);
        var small = WaitWith(3);
        TakeLengths(5);
        small.IsCompleted.Should().BeFalse();

        await cancel.CancelAsync();

        (await small.WaitAsync(TestLimits.Step)).Should().BeTrue();
        await large.AsTask().Invoking(static task => task.WaitAsync(TestLimits.Step)).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Complete_WhileSomeoneWaits_EndsTheWait()
    {
        _queue.TryEnqueue(EnginePacket.Text(new byte[2_000]));
        var waiting = WaitWith(1);

        _queue.Complete();

        (await waiting.WaitAsync(TestLimits.Step)).Should().BeFalse();
        _queue.TryEnqueue(Packet(1)).Should().Be(EnqueueResult.Closed);
        Take().Should().Be(new Taken(0, false, IsComplete: true));
        (await WaitWith(1)).Should().BeFalse();
    }

    [Fact]
    public void RefuseMore_PacketsWait_TheyCanStillBeTaken()
    {
        _queue.TryEnqueue(Packet(1));

        _queue.RefuseMore().Should().BeFalse();

        _queue.TryEnqueue(Packet(2)).Should().Be(EnqueueResult.Closed);
        Take().Count.Should().Be(1);
        _queue.IsFlushed.Should().BeFalse("what was taken may still be on its way");
        _queue.Written();
        _queue.IsFlushed.Should().BeTrue();
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

    private void Fill(int count) => _queue.TryEnqueue(Enumerable.Repeat(Packet(1), count).ToArray()).Should().Be(EnqueueResult.Queued);

    private Task<bool> WaitWith(int number)
    {
        _queue.TryEnqueueInTurn([Packet(number)], default, out var turn).Should().BeFalse();
        return turn.AsTask();
    }

    private Taken Take() => _queue.Take(_taken, long.MaxValue, first: true);

    private int[] TakeLengths(int count)
    {
        var taken = _queue.Take(_taken.AsSpan(0, count), long.MaxValue, first: true);
        return [.. _taken.Take(taken.Count).Select(static packet => packet.Data.Length)];
    }

    private sealed class Reader : ISessionTransport
    {
        public int Told { get; private set; }

        public string Name => TransportNames.WebSocket;

        public bool IsWriting => false;

        public void Wake()
        {
        }

        public void Share() => Told++;

        public void SessionClosed(CloseReason reason)
        {
        }
    }
}
