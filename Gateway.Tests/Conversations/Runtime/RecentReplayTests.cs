using System.Text;

using Gateway.Conversations;
using Gateway.Conversations.Runtime;
using Gateway.SocketIO;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Runtime;

/// <summary>Clients of one conversation that come back together are sent the same bytes, and nothing is kept for one alone.</summary>
public sealed class RecentReplayTests
{
    private const int Budget = 2 * RecentReplay.MaxBytes;

    private static readonly ReplaySpan s_span = new(50, 99, 60);

    private readonly FakeTimeProvider _time = new();
    private readonly RecentEventBudget _budget = new(new ConversationsOptions { MaxRecentEventBytes = Budget });
    private readonly RecentReplay _replay;

    public RecentReplayTests() => _replay = new RecentReplay(_budget, _time);

    [Fact]
    public void Keep_AskedForOnceOrTwiceButLater_IsNotKept()
    {
        _replay.Begin(s_span);
        _replay.Begin(s_span with { StateId = 61 });
        _replay.Begin(s_span);
        _time.Advance(TimeSpan.FromSeconds(1));
        _replay.Begin(s_span);
        _replay.Keep(s_span, Part(100));

        _replay.Find(s_span).Should().BeNull();
    }

    [Fact]
    public void Keep_ASecondClientHasComeMeanwhile_IsKeptWhereverTheFirstIs()
    {
        var further = s_span with { FromId = 70 };
        AskTwice();

        _replay.Keep(further, Part(100));
        _replay.Keep(further with { ThroughId = 100 }, Part(100));
        _time.Advance(TimeSpan.FromSeconds(3));
        _replay.Keep(s_span, Part(100));

        _budget.HeldBytes.Should().Be(0);
        AskTwice();
        _replay.Keep(further, Part(100));
        _replay.Find(further).Should().NotBeNull();
        _replay.Find(further with { ThroughId = 100 }).Should().BeNull();
    }

    [Fact]
    public void Keep_TakenAgainAndAgain_IsThereUntilNobodyHasTakenItForASecond()
    {
        AskTwice();
        _replay.Keep(s_span, Part(100));

        for (var n = 0; n < 5; n++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(900));
            _replay.Find(s_span)!.Value.Events.Length.Should().Be(1);
        }

        _replay.Find(s_span with { ThroughId = 100 }).Should().BeNull("another one is not the same");
        _time.Advance(TimeSpan.FromSeconds(2));
        _replay.Find(s_span).Should().BeNull();
        _budget.HeldBytes.Should().Be(0);
        _time.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public void Keep_MoreParts_HoldsTheNewestThatItMay()
    {
        AskTwice();
        for (var from = 0; from < 100; from += 10)
        {
            _replay.Keep(s_span with { FromId = from }, Part(RecentReplay.MaxBytes / 4, from + 10));
            _replay.Keep(s_span with { FromId = from }, Part(1, from + 1));
        }

        Enumerable.Range(0, 10).Select(n => _replay.Find(s_span with { FromId = n * 10 })?.NextId)
            .Should().Equal(null, null, null, null, null, null, 70, 80, 90, 100);
        _budget.HeldBytes.Should().Be(RecentReplay.MaxBytes);
    }

    [Fact]
    public void Keep_PartsWithoutBytes_HoldsTheNewestOfThemToo()
    {
        AskTwice();
        for (var from = 0; from < 100; from++)
        {
            _replay.Keep(s_span with { FromId = from }, new ReplayPart(default, from + 1));
        }

        Enumerable.Range(0, 100).Count(from => _replay.Find(s_span with { FromId = from }) is not null).Should().Be(64);
        _replay.Find(s_span with { FromId = 99 }).Should().NotBeNull();
    }

    [Fact]
    public void Keep_TooMuch_HoldsNoMoreThanItMay()
    {
        AskTwice();
        _replay.Keep(s_span with { FromId = 1 }, Part(RecentReplay.MaxBytes + 1));
        _replay.Keep(s_span with { FromId = 2 }, Part(500));
        _budget.TryReserve(Budget - 1_000).Should().BeTrue();
        _replay.Keep(s_span with { FromId = 3 }, Part(501));

        new[] { 1, 2, 3 }.Select(from => _replay.Find(s_span with { FromId = from }) is not null).Should().Equal(false, true, false);
        _budget.HeldBytes.Should().Be(Budget - 500);
    }

    /// <summary>More than one read of the store gives.</summary>
    [Fact]
    public async Task Clients_ThatReplayALongLogOneAfterAnother_ReadEachOfItsPartsTwice()
    {
        const int Events = 250;
        await using var rig = new ConversationRig();
        await rig.StoreMessagesAsync(Events);
        var reads = new Dictionary<int, int>();
        rig.Store.BeforeRead = (fromId, _) =>
        {
            reads[fromId] = reads.GetValueOrDefault(fromId) + 1;
            return Task.CompletedTask;
        };

        for (var n = 0; n < 6; n++)
        {
            var client = await rig.ConnectAsync(latest: 9);
            (await client.ReadThroughAsync("CONNECT")).Should()
                .Equal([.. Enumerable.Range(10, Events - 10).Select(static id => $"{id}"), "CONNECT"]);
        }

        reads.Should().HaveCountGreaterThan(2);
        reads.Values.Should().OnlyContain(static count => count <= 3, "the newest agent state is looked for once");
    }

    [Fact]
    public async Task Clients_ThatComeBackTogether_ReadTheStoreTwice()
    {
        await using var rig = new ConversationRig();
        await rig.StoreMessagesAsync(20);
        var reads = 0;
        rig.Store.BeforeRead = (fromId, _) =>
        {
            reads += fromId == 10 ? 1 : 0;
            return Task.CompletedTask;
        };

        var seen = new List<List<string>>();
        for (var n = 0; n < 6; n++)
        {
            var client = await rig.ConnectAsync(latest: 9);
            seen.Add(await client.ReadThroughAsync("CONNECT"));
        }

        seen.Should().AllBeEquivalentTo(seen[0], static options => options.WithStrictOrdering());
        seen[0].Should().HaveCount(11);
        reads.Should().Be(2 + 1, "the newest agent state is looked for once");
    }

    private void AskTwice()
    {
        _replay.Begin(s_span);
        _replay.Begin(s_span);
    }

    private static ReplayPart Part(int bytes, int nextId = 100) =>
        new(new[] { new PreparedEvent(Encoding.ASCII.GetBytes(new string('x', bytes))) }, nextId);
}
