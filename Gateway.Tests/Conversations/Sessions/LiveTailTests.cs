using System.Text;

using Gateway.Conversations.Sessions;
using Gateway.SocketIO;

namespace Gateway.Tests.Conversations.Sessions;

public sealed class LiveTailTests
{
    private readonly LiveTail _tail = new();

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
        Add(0, 99);

        Read(50, 99).Should().Be($"{string.Join(' ', Enumerable.Range(50, 14))}, next 64");
        Read(64, 99).Should().Be($"{string.Join(' ', Enumerable.Range(64, 36))}, next 100");
    }

    [Fact]
    public void Add_ManyEvents_KeepsTwoChunksAtMost()
    {
        Add(0, 999);

        Enumerable.Range(0, 1_000).Count(id => Read(id, id) is not null).Should().BeInRange(64, 128);
        Read(999, 999).Should().Be("999, next 1000");
    }

    [Fact]
    public void Add_LargeEvents_AreBoundedByTheirBytes()
    {
        for (var id = 0; id < 20; id++)
        {
            _tail.Add(id, new PreparedEvent(new byte[300_000]));
        }

        Enumerable.Range(0, 20).Count(id => _tail.TryRead(id, id, out _, out _)).Should().Be(2);
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
            else if (!_tail.TryRead(next, through, out var events, out var nextId))
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

    private string? Read(int from, int through) => _tail.TryRead(from, through, out var events, out var nextId)
        ? $"{string.Join(' ', events.ToArray().Select(Id))}, next {nextId}"
        : null;

    private static PreparedEvent Prepared(int id) => new(Encoding.ASCII.GetBytes($"{id}"));

    private static int Id(PreparedEvent prepared) => int.Parse(Encoding.ASCII.GetString(prepared.Packet.Span));
}
