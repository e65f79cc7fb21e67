using Gateway.Tests.Support;
using Gateway.Tools.Shadow.Compare;

namespace Gateway.Tests.Tools.Shadow;

/// <summary>What is told of a group of differences when it is new, and what is counted after.</summary>
public sealed class DifferenceGroupsTests
{
    [Fact]
    public void Add_ANewGroup_IsToldWithItsCountAndItsTime()
    {
        var time = new FakeTimeProvider();
        var groups = new DifferenceGroups(time);
        var job = new ComparisonJob(JobKind.Call, "", "GET /api/options/config", "a browser", [], TimeSpan.Zero, 0);
        var outcome = new ComparisonOutcome([new Finding(false, "rest", "/title", "another title", 1)]);

        var told = groups.Add(job, outcome).Should().ContainSingle().Which;
        var toldAgain = groups.Add(job, outcome);

        (told.Count, told.FirstSeen, told.LastSeen).Should().Be((1, time.GetUtcNow(), time.GetUtcNow()));
        toldAgain.Should().BeEmpty();
        groups.All.Should().ContainSingle().Which.Count.Should().Be(2);
    }
}
