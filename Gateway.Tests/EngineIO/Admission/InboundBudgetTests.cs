using Gateway.EngineIO;
using Gateway.EngineIO.Admission;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.EngineIO.Admission;

public class InboundBudgetTests
{
    [Fact]
    public void TryReserve_UpToTheLimit_IsGivenAndNoByteMore()
    {
        var budget = TestBudgets.Create(1_000);

        budget.TryReserve(1_000).Should().BeTrue();
        budget.TryReserve(1).Should().BeFalse();
        budget.Held.Should().Be(1_000, "what is refused holds nothing");
        budget.Release(1);
        budget.TryReserve(1).Should().BeTrue();
    }

    [Fact]
    public void TryReserve_FromManyThreads_IsNeverMoreThanTheLimit()
    {
        var budget = TestBudgets.Create(1_000);
        var given = 0;

        Parallel.For(0, 10_000, _ =>
        {
            if (budget.TryReserve(7))
            {
                Interlocked.Increment(ref given);
            }
        });

        given.Should().Be(142);
        budget.Held.Should().Be(142 * 7);
    }

    [Fact]
    public void TryReserve_RefusedAgainAndAgain_WarnsOnceAMinute()
    {
        var log = new CapturedLog();
        using var loggers = new LoggerFactory([log]);
        var clock = new FakeTimeProvider();
        var budget = new InboundBudget(
            Options.Create(new EngineOptions { InboundBudgetBytes = 1 }), clock, loggers.CreateLogger<InboundBudget>());

        budget.TryReserve(2);
        budget.TryReserve(2);
        clock.Advance(TimeSpan.FromSeconds(59));
        budget.TryReserve(2);
        log.Complaints.Should().ContainSingle().Which.Text.Should().Contain("InboundBudgetBytes");
        clock.Advance(TimeSpan.FromSeconds(1));
        budget.TryReserve(2);

        log.Complaints.Should().HaveCount(2);
    }

    [Fact]
    public void Hold_ShrunkAndDisposed_GivesBackAllAndMayBeUsedAgain()
    {
        var budget = TestBudgets.Create(1_000);
        using var hold = new InboundHold(budget);

        hold.TryGrow(600).Should().BeTrue();
        hold.TryGrow(600).Should().BeFalse();
        hold.Shrink(200);
        budget.Held.Should().Be(400);
        hold.Dispose();
        hold.Dispose();
        budget.Held.Should().Be(0);
        hold.TryGrow(1_000).Should().BeTrue();
    }
}
