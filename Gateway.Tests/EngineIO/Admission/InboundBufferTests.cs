using Gateway.EngineIO.Admission;
using Gateway.Tests.Support;

namespace Gateway.Tests.EngineIO.Admission;

public class InboundBufferTests
{
    [Fact]
    public void TryAppend_UpToOneSmallBlock_CostsNothingOfTheBudget()
    {
        var budget = TestBudgets.Create(1);
        using var buffer = new InboundBuffer(budget);

        buffer.TryAppend(new byte[4_096]).Should().BeTrue();

        budget.Held.Should().Be(0);
        buffer.TryAppend([1]).Should().BeFalse();
        buffer.Length.Should().Be(4_096, "a refusal changes nothing");
    }

    [Fact]
    public void TryGetSpace_BlockIsFull_CountsTheBlockThatItReallyHolds()
    {
        var budget = TestBudgets.Create();
        var buffer = new InboundBuffer(budget);
        buffer.TryAppend(new byte[100_000]).Should().BeTrue();
        budget.Held.Should().Be(131_072 - 4_096);

        for (var written = 100_000; written < 200_000;)
        {
            buffer.TryGetSpace(out var space).Should().BeTrue();
            buffer.Advance(space.Length);
            written += space.Length;
        }

        budget.Held.Should().Be(262_144 - 4_096);
        buffer.Dispose();
        budget.Held.Should().Be(0);
    }

    [Fact]
    public void TryGetSpace_BudgetSpent_SaysSoAndKeepsWhatIsWritten()
    {
        var budget = TestBudgets.Create(8_192);
        using var buffer = new InboundBuffer(budget);
        buffer.TryAppend(new byte[8_192]).Should().BeTrue();

        buffer.TryGetSpace(out var space).Should().BeFalse();

        space.Length.Should().Be(0);
        buffer.Written.Length.Should().Be(8_192);
    }
}
