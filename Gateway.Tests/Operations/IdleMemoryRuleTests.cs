using Gateway.Operations;

namespace Gateway.Tests.Operations;

public sealed class IdleMemoryRuleTests
{
    private const long Mebibyte = 1_024 * 1_024;

    private readonly IdleMemoryRule _rule = new(TimeSpan.FromSeconds(30));
    private long _allocated;

    [Fact]
    public void Decide_FreshProcess_DoesNotCollect()
    {
        Decide(allocated: 20, committed: 40, live: 10).Should().BeFalse();
        Decide(allocated: 0, committed: 40, live: 10).Should().BeFalse();
    }

    [Fact]
    public void Decide_Work_DoesNotCollect()
    {
        for (var i = 0; i < 5; i++)
        {
            Decide(allocated: 31, committed: 2_000, live: 100).Should().BeFalse();
        }
    }

    [Fact]
    public void Decide_IdleAfterABurst_CollectsAFewTimesAndThenRests()
    {
        Decide(allocated: 5_000, committed: 2_000, live: 100).Should().BeFalse();

        for (var i = 0; i < 3; i++)
        {
            Decide(allocated: 1, committed: 2_000, live: 100).Should().BeTrue();
        }

        Decide(allocated: 1, committed: 2_000, live: 100).Should().BeFalse("what three collections did not give back is in use");
    }

    [Fact]
    public void Decide_MemoryIsGivenBack_CollectsOnce()
    {
        Decide(allocated: 5_000, committed: 2_000, live: 100);

        Decide(allocated: 1, committed: 2_000, live: 100).Should().BeTrue();

        Decide(allocated: 1, committed: 40, live: 10).Should().BeFalse();
    }

    /// <summary>The last collection was in the middle of the burst: all of it was in use then.</summary>
    [Fact]
    public void Decide_BurstIsInUseAsFarAsIsKnown_Collects()
    {
        Decide(allocated: 1_000, committed: 1_000, live: 990).Should().BeFalse();

        Decide(allocated: 1, committed: 1_000, live: 990).Should().BeTrue();
        Decide(allocated: 1, committed: 1_000, live: 990).Should().BeFalse("it is in use");
    }

    [Fact]
    public void Decide_WorkAgain_CollectsAgain()
    {
        Decide(allocated: 5_000, committed: 2_000, live: 100);
        for (var i = 0; i < 4; i++)
        {
            Decide(allocated: 1, committed: 2_000, live: 100);
        }

        Decide(allocated: 5_000, committed: 2_000, live: 100).Should().BeFalse();

        Decide(allocated: 1, committed: 2_000, live: 100).Should().BeTrue();
    }

    private bool Decide(long allocated, long committed, long live)
    {
        _allocated += allocated * Mebibyte;
        return _rule.Decide(new HeapState(_allocated, committed * Mebibyte, live * Mebibyte));
    }
}
