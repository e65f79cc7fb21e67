using System.Text;

using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Runtime;
using Gateway.SocketIO;

namespace Gateway.Tests.Conversations.Runtime;

public sealed class RecentEventCacheTests
{
    private readonly RecentEventBudget _budget;
    private readonly RecentEventCache _tail;

    public RecentEventCacheTests()
    {
        _budget = new RecentEventBudget(new ConversationsOptions { MaxRecentEventBytes = 1_000_000 });
        _tail = new RecentEventCache(_budget);
    }

    [Fact]
    public void TryRead_NothingAdded_SaysReadTheStore() => Read(0, 0).Should().BeNull();

    [Fact]
    public void TryRead_FromTheMiddle_GivesWhatFollows()
    {
        Add(0, 3);

        Read(1, 3).Should().Be("1 2 3, next 4");
        Read(3, int.MaxValue).Should().Be("3, next 4");
        Read(0, 1).Should().Be("0 1, next 2");
    }

    [Fact]
    public void TryRead_PastTheEnd_SaysReadTheStore()
    {
        Add(0, 3);

        Read(4, 10).Should().BeNull();
    }

    [Fact]
    public void TryRead_EventsThatAreNotSent_AreAnAnswerToo()
    {
        _tail.Add(0, null);
        _tail.Add(1, Prepared(1));
        _tail.Add(2, null);

        Read(0, 0).Should().Be(", next 1");
        Read(0, 2).Should().Be("1, next 3");
        Read(2, 2).Should().Be(", next 3");
    }

    [Theory]
    [InlineData("a", "0 2, next 4")]
    [InlineData("b", "1, next 4")]
    [InlineData("c", ", next 4")]
    [InlineData("a,b", "0 1 2, next 4")]
    public void TryRead_SomeKinds_GivesThoseAndPassesTheOthers(string kinds, string expected)
    {
        EventFilter.TryParse([kinds], out var filter).Should().BeTrue();
        var types = new[] { "a", "b", "a" };
        for (var id = 0; id < 3; id++)
        {
            _tail.Add(id, Prepared(id), EventType.Of(Encoding.ASCII.GetBytes(types[id]), isAction: true));
        }

        _tail.Add(3, null);

        _tail.TryRead(0, 3, filter, out var events, out var nextId).Should().BeTrue();

        $"{string.Join(' ', events.ToArray().Select(Id))}, next {nextId}".Should().Be(expected);
    }

    [Theory]
    [InlineData("nothing of this")]
    [InlineData("a")]
    public void TryRead_NoneOrAllAreWanted_AllocatesNothing(string kinds)
    {
        EventFilter.TryParse([kinds], out var filter).Should().BeTrue();
        for (var id = 0; id < 3; id++)
        {
            _tail.Add(id, Prepared(id), EventType.Of("a"u8, isAction: true));
        }

        _tail.TryRead(0, 2, filter, out _, out _).Should().BeTrue();
        var before = GC.GetAllocatedBytesForCurrentThread();

        _tail.TryRead(0, 2, filter, out _, out _);

        GC.GetAllocatedBytesForCurrentThread().Should().Be(before);
    }

    [Fact]
    public void TryRead_OlderThanTheTail_SaysReadTheStore()
    {
        Add(100, 102);

        Read(99, 102).Should().BeNull();
        Read(100, 102).Should().Be("100 101 102, next 103");
    }

    [Fact]
    public void TryRead_AfterIdsOfAnotherWriter_NeverSkipsThem()
    {
        Add(0, 3);
        Add(6, 7);

        Read(2, 7).Should().BeNull();
        Read(4, 7).Should().BeNull();
        Read(6, 7).Should().Be("6 7, next 8");
    }

    [Fact]
    public void TryRead_OverTwoChunks_GivesOnePieceAfterTheOther()
    {
        Add(0, 599);

        Read(500, 599).Should().Be($"{string.Join(' ', Enumerable.Range(500, 12))}, next 512");
        Read(512, 599).Should().Be($"{string.Join(' ', Enumerable.Range(512, 88))}, next 600");
    }

    [Fact]
    public void Add_ManyEvents_KeepsTwoChunksAtMost()
    {
        Add(0, 3_999);

        Enumerable.Range(0, 4_000).Count(id => Read(id, id) is not null).Should().BeInRange(512, 1_024);
        Read(3_999, 3_999).Should().Be("3999, next 4000");
    }

    [Fact]
    public void Add_LargeEvents_AreBoundedByTheirBytes()
    {
        for (var id = 0; id < 20; id++)
        {
            _tail.Add(id, new PreparedEvent(new byte[300_000]));
        }

        Enumerable.Range(0, 20).Count(id => _tail.TryRead(id, id, null, out _, out _)).Should().Be(2);
    }

    [Fact]
    public void Pass_EveryCursorOfTheRound_FreesWhatItIsAbout()
    {
        Add(0, 99);
        _tail.BeginRound(2);
        var round = _tail.CurrentRound!;

        _tail.Pass(round);
        Read(99, 99).Should().NotBeNull();
        _budget.HeldBytes.Should().BePositive();

        _tail.Pass(round);
        Read(99, 99).Should().BeNull();
        _budget.HeldBytes.Should().Be(0);

        Add(100, 101);
        Read(100, 101).Should().Be("100 101, next 102");
    }

    [Fact]
    public void Pass_MoreWasAddedMeanwhile_FreesItWithTheRoundThatFollows()
    {
        Add(0, 0);
        _tail.BeginRound(1);
        var first = _tail.CurrentRound!;
        Add(1, 1);

        _tail.Pass(first);
        Read(1, 1).Should().Be("1, next 2");

        _tail.BeginRound(1);
        _tail.Pass(_tail.CurrentRound!);
        _budget.HeldBytes.Should().Be(0);
    }

    [Fact]
    public void BeginRound_NobodyIsThere_FreesEverything()
    {
        Add(0, 99);

        _tail.BeginRound(0);

        Read(99, 99).Should().BeNull();
        _budget.HeldBytes.Should().Be(0);
    }

    [Fact]
    public void Add_BudgetIsSpentByOthers_KeepsNothingAndSkipsNothing()
    {
        _budget.TryReserve(1_000_000).Should().BeTrue();
        Add(0, 1);

        Read(0, 1).Should().BeNull();
        _budget.HeldBytes.Should().Be(1_000_000);

        _budget.Release(1_000_000);
        Add(2, 3);
        Read(1, 3).Should().BeNull();
        Read(2, 3).Should().Be("2 3, next 4");
    }

    [Fact]
    public void Add_EventsOverTheBudget_HoldsTheNewestThatFits()
    {
        for (var id = 0; id < 20; id++)
        {
            _tail.Add(id, new PreparedEvent(new byte[400_000]));
            _budget.HeldBytes.Should().BeLessThanOrEqualTo(1_000_000);
            _tail.TryRead(id, id, null, out _, out _).Should().BeTrue();
        }

        _tail.Add(20, new PreparedEvent(new byte[1_000_001]));
        _tail.TryRead(20, 20, null, out _, out _).Should().BeFalse();
        _budget.HeldBytes.Should().Be(0);
    }

    [Fact]
    public async Task TryRead_WhileAnotherThreadAdds_IsRightOrSaysReadTheStore()
    {
        const int Last = 20_000;
        var head = -1;
        var reading = Task.Run(() => ReadAlong(Last, () => Volatile.Read(ref head)));

        for (var id = 0; id <= Last; id++)
        {
            _tail.Add(id, id % 3 == 0 ? null : Prepared(id));
            Volatile.Write(ref head, id);
        }

        (await reading.WaitAsync(TimeSpan.FromSeconds(30))).Should().BeTrue();
    }

    private bool ReadAlong(int last, Func<int> head)
    {
        for (var next = 0; next <= last;)
        {
            var through = head();
            if (through < next)
            {
                Thread.Yield();
            }
            else if (!_tail.TryRead(next, through, null, out var events, out var nextId))
            {
                // Too far behind; a cursor would read the store here.
                next = through;
            }
            else if (events.ToArray().Select(Id).SequenceEqual(Enumerable.Range(next, nextId - next).Where(static id => id % 3 != 0)))
            {
                next = nextId;
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private void Add(int from, int through)
    {
        for (var id = from; id <= through; id++)
        {
            _tail.Add(id, Prepared(id));
        }
    }

    private string? Read(int from, int through) => _tail.TryRead(from, through, null, out var events, out var nextId)
        ? $"{string.Join(' ', events.ToArray().Select(Id))}, next {nextId}"
        : null;

    private static PreparedEvent Prepared(int id) => new(Encoding.ASCII.GetBytes($"{id}"));

    private static int Id(PreparedEvent prepared) => int.Parse(Encoding.ASCII.GetString(prepared.Packet.Span));
}
