using Gateway.Agents.V1.Upstream;
using Gateway.Tests.Support;

namespace Gateway.Tests.Agents.V1.Upstream;

public sealed class SettlingSetTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly SettlingSet _settling;

    public SettlingSetTests() => _settling = new SettlingSet(_clock);

    [Fact]
    public void ReadAfter_AtTheOpening_IsAtOnceAndThenNotAgain()
    {
        _settling.ReadAfter.Should().Be(TimeSpan.Zero);

        _settling.Settle(static _ => true);

        _settling.ReadAfter.Should().BeNull();
        _settling.IsSettled.Should().BeTrue();
    }

    [Fact]
    public void Settle_EventNotStoredYet_IsLookedForAgainLater()
    {
        _settling.Seen("a");

        _settling.Settle(static _ => false).Should().Be(0);
        var wait = _settling.ReadAfter;
        _clock.Advance(wait!.Value);

        wait.Should().BePositive();
        _settling.ReadAfter.Should().Be(TimeSpan.Zero);
        _settling.Settle(static _ => true).Should().Be(0);
        _settling.IsSettled.Should().BeTrue();
    }

    [Fact]
    public void Settle_EventNeverStored_IsGivenUp()
    {
        _settling.Seen("a");
        _settling.Settle(static _ => false);

        _clock.Advance(SettlingSet.GiveUpAfter);

        _settling.Settle(static _ => false).Should().Be(1);
        _settling.IsSettled.Should().BeTrue();
    }

    [Fact]
    public void Failed_ServerThatDoesNotAnswer_IsNotAskedMoreOftenForMoreFrames()
    {
        _settling.Failed();

        _settling.Seen("a");

        _settling.ReadAfter.Should().Be(TimeSpan.FromSeconds(1));
        _settling.IsSettled.Should().BeFalse();
    }
}
