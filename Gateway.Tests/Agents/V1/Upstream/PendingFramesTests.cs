using Gateway.Agents.V1.Upstream;
using Gateway.Tests.Support;

namespace Gateway.Tests.Agents.V1.Upstream;

public sealed class PendingFramesTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly PendingFrames _pendingFrames;

    public PendingFramesTests() => _pendingFrames = new PendingFrames(_clock);

    [Fact]
    public void ReadAfter_AtTheOpening_IsAtOnceAndThenNotAgain()
    {
        _pendingFrames.ReadAfter.Should().Be(TimeSpan.Zero);

        _pendingFrames.Settle(static _ => true);

        _pendingFrames.ReadAfter.Should().BeNull();
        _pendingFrames.IsSettled.Should().BeTrue();
    }

    [Fact]
    public void Settle_EventNotStoredYet_IsLookedForAgainLater()
    {
        _pendingFrames.Seen("a");

        _pendingFrames.Settle(static _ => false).Should().Be(0);
        var wait = _pendingFrames.ReadAfter;
        _clock.Advance(wait!.Value);

        wait.Should().BePositive();
        _pendingFrames.ReadAfter.Should().Be(TimeSpan.Zero);
        _pendingFrames.Settle(static _ => true).Should().Be(0);
        _pendingFrames.IsSettled.Should().BeTrue();
    }

    [Fact]
    public void Settle_EventNeverStored_IsGivenUp()
    {
        _pendingFrames.Seen("a");
        _pendingFrames.Settle(static _ => false);

        _clock.Advance(PendingFrames.GiveUpAfter);

        _pendingFrames.Settle(static _ => false).Should().Be(1);
        _pendingFrames.IsSettled.Should().BeTrue();
    }

    [Fact]
    public void Failed_ServerThatDoesNotAnswer_IsNotAskedMoreOftenForMoreFrames()
    {
        _pendingFrames.Failed();

        _pendingFrames.Seen("a");

        _pendingFrames.ReadAfter.Should().Be(TimeSpan.FromSeconds(1));
        _pendingFrames.IsSettled.Should().BeFalse();
    }
}
