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
    private static readonly ReplaySpan s_span = new(50, 99, 60);

    private readonly FakeTimeProvider _time = new();
    private readonly RecentEventBudget _budget = new(new ConversationsOptions { MaxRecentEventBytes = 300_000 });
    private readonly RecentReplay _replay;

    public RecentReplayTests() => _replay = new RecentReplay(_budget, _time);

    [Fact]
    public void Find_AskedForTwiceInAMoment_MayBeKept()
    {
        _replay.Find(s_span, out var first).Should().BeNull();
        _replay.Find(s_span with { StateId = 61 }, out var another).Should().BeNull();
        _replay.Find(s_span, out var afterAnother).Should().BeNull();
        _replay.Find(s_span, out var second).Should().BeNull();
        _time.Advance(TimeSpan.FromSeconds(1));
        _replay.Find(s_span, out var later).Should().BeNull();

        new[] { first, another, afterAnother, second, later }.Should().Equal(false, false, false, true, false);
    }

    [Fact]
    public void Keep_AskedForAgainAndAgain_IsThereUntilNobodyHasAskedForASecond()
    {
        _replay.Keep(s_span, Events(100));

        for (var n = 0; n < 5; n++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(900));
            _replay.Find(s_span, out _)!.Value.Length.Should().Be(1);
        }

        _replay.Find(s_span with { ThroughId = 100 }, out _).Should().BeNull("another one is not the same");
        _time.Advance(TimeSpan.FromSeconds(2));
        _replay.Find(s_span, out _).Should().BeNull();
        _budget.HeldBytes.Should().Be(0);
    }

    [Fact]
    public void Keep_AnotherOrTooMuch_HoldsNoMoreThanItMay()
    {
        _replay.Keep(s_span, Events(200_000));
        _replay.Keep(s_span with { FromId = 1 }, Events(RecentReplay.MaxBytes));
        _replay.Find(s_span, out _).Should().NotBeNull("the budget had no place for both");
        _replay.Keep(s_span with { FromId = 2 }, Events(1_000));
        _budget.HeldBytes.Should().Be(1_000);
        _replay.Find(s_span, out _).Should().BeNull();
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

    private static PreparedEvent[] Events(int bytes) => [new(Encoding.ASCII.GetBytes(new string('x', bytes)))];
}
