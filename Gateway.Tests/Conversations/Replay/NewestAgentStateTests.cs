using Gateway.Conversations.Events;
using Gateway.Conversations.Replay;
using Gateway.Conversations.Storage;

namespace Gateway.Tests.Conversations.Replay;

/// <summary>Finds the newest agent state of a log, reads no more of it than it must, and never the same part twice.</summary>
public sealed class NewestAgentStateTests
{
    private readonly NewestAgentState _newest = new();
    private readonly SortedSet<int> _states = [];
    private readonly List<(int From, int Through)> _reads = [];
    private Func<int, bool> _isStored = static _ => true;
    private int _failsFrom = -1;

    [Theory]
    [InlineData(0, 99, "", -1)]
    [InlineData(0, 99, "0", 0)]
    [InlineData(0, 99, "99", 99)]
    [InlineData(0, 99, "3 50 51", 51)]
    [InlineData(60, 99, "3 50 51", -1)]
    [InlineData(51, 99, "3 50 51", 51)]
    [InlineData(0, 49, "3 50 51", 3)]
    [InlineData(0, -1, "", -1)]
    public async Task FindAsync_AnyPart_GivesTheNewestInIt(int fromId, int throughId, string states, int expected)
    {
        _states.UnionWith(states.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse));

        (await FindAsync(fromId, throughId)).Should().Be(expected);
        (await FindAsync(fromId, throughId)).Should().Be(expected);
    }

    [Fact]
    public async Task FindAsync_StateNearTheEnd_ReadsOnePage()
    {
        _states.Add(9_990);

        await FindAsync(0, 9_999);

        _reads.Should().Equal((9_975, 9_999));
    }

    [Fact]
    public async Task FindAsync_Again_ReadsNothing()
    {
        _states.Add(10);
        await FindAsync(0, 999);
        _reads.Clear();

        (await FindAsync(0, 999)).Should().Be(10);
        (await FindAsync(500, 999)).Should().Be(-1);
        _reads.Should().BeEmpty();
    }

    [Fact]
    public async Task FindAsync_AfterTheSessionHasAppended_ReadsNothing()
    {
        _states.Add(10);
        await FindAsync(0, 99);
        _reads.Clear();

        _newest.Appended(100, EventKind.Action);
        (await FindAsync(0, 100)).Should().Be(10);
        _newest.Appended(101, EventKind.AgentStateChanged);
        _newest.Appended(102, EventKind.Action);

        (await FindAsync(0, 102)).Should().Be(101);
        (await FindAsync(102, 102)).Should().Be(-1);
        _reads.Should().BeEmpty();
    }

    [Fact]
    public async Task FindAsync_AnotherWriterHasAppended_ReadsWhatIsNew()
    {
        _states.Add(10);
        await FindAsync(0, 99);
        _reads.Clear();

        // 100 to 119 are another process's; 120 is ours.
        _newest.Appended(120, EventKind.Action);

        (await FindAsync(0, 120)).Should().Be(10);
        _reads.Should().Equal((100, 120));
    }

    [Fact]
    public async Task FindAsync_ReplayEndsBeforeAStateThatIsNewer_GivesTheOneInTheReplay()
    {
        _states.Add(10);
        _newest.Appended(100, EventKind.AgentStateChanged);

        (await FindAsync(0, 99)).Should().Be(10);
        (await FindAsync(0, 100)).Should().Be(100);
    }

    [Fact]
    public async Task FindAsync_IdsFarApart_TakesFewSteps()
    {
        _isStored = static id => id < 50 || id > 2_000_000_000;
        _states.Add(7);

        (await FindAsync(0, 2_000_000_010)).Should().Be(7);
        _reads.Count.Should().BeLessThan(200);
    }

    [Fact]
    public async Task FindAsync_StoreFailedInTheMiddle_GoesOnFromThere()
    {
        _failsFrom = 500;
        await ((Func<Task>)(async () => await FindAsync(0, 999))).Should().ThrowAsync<IOException>();
        _failsFrom = -1;
        _reads.Clear();

        (await FindAsync(0, 999)).Should().Be(-1);
        _reads.Should().NotContain(static read => read.Through >= 525);
    }

    private ValueTask<int> FindAsync(int fromId, int throughId) => _newest.FindAsync(fromId, throughId, ReadAsync);

    private ValueTask<EventPage> ReadAsync(int fromId, int throughId)
    {
        if (fromId <= _failsFrom)
        {
            throw new IOException("No answer.");
        }

        _reads.Add((fromId, throughId));
        var next = Enumerable.Range(0, 1_000).Select(n => fromId + n).FirstOrDefault(id => id <= throughId && _isStored(id), throughId + 1);
        var events = Enumerable.Range(next, Math.Min(25, throughId - next + 1)).Where(_isStored).Select(Make).ToList();
        return new(new EventPage(events, [], next + Math.Max(1, events.Count), null));
    }

    private StoredEvent Make(int id) =>
        new(id, default, new EventHeader(_states.Contains(id) ? EventKind.AgentStateChanged : EventKind.Action, EventSource.Agent, default,
            false));
}
