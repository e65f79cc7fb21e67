using Gateway.Cli;
using Gateway.Tests.Support;

namespace Gateway.Tests.Cli;

/// <summary>What is said of how far something is ends with the end.</summary>
public sealed class ProgressLineTests
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(10);

    [Fact]
    public void End_AfterALineInAFile_SaysTheLastCount()
    {
        var (clock, output, done) = (new FakeTimeProvider(), new StringWriter(), 3);
        using (new ProgressLine(() => $"{done} of 4", clock, output, isTerminal: false).Begin())
        {
            clock.Advance(s_interval);
            done = 4;
        }

        Lines(output).Should().Equal("3 of 4", "4 of 4");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void End_WithNothingNewToSay_SaysNothing(int shown)
    {
        var (clock, output) = (new FakeTimeProvider(), new StringWriter());
        using (new ProgressLine(static () => "4 of 4", clock, output, isTerminal: false).Begin())
        {
            clock.Advance(s_interval * shown);
        }

        Lines(output).Should().HaveCount(shown);
    }

    [Fact]
    public void End_OnATerminal_LeavesNoLine()
    {
        var (clock, output) = (new FakeTimeProvider(), new StringWriter());
        using (new ProgressLine(static () => "3 of 4", clock, output, isTerminal: true).Begin())
        {
            clock.Advance(s_interval);
        }

        output.ToString().Should().Contain("3 of 4").And.EndWith("\r\u001b[K");
    }

    private static string[] Lines(StringWriter output) =>
        output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
}
