using Gateway.EngineIO.Transports;
using Gateway.Tests.Support;

namespace Gateway.Tests.EngineIO.Transports;

public class PollingTransportTests
{
    private readonly PollingTransport _transport = new();

    [Fact]
    public async Task EnterPollAsync_WhileOneWaits_IsADuplicate()
    {
        (await EnterAsync()).Should().Be(Entry.Granted);

        (await EnterAsync()).Should().Be(Entry.Duplicate);
    }

    [Fact]
    public async Task EnterPollAsync_WhileOneIsWritten_WaitsForItsEndAndAThirdIsADuplicate()
    {
        await EnterAsync();
        _transport.BeginWriting();

        var second = EnterAsync();
        (await EnterAsync()).Should().Be(Entry.Duplicate);
        second.IsCompleted.Should().BeFalse();
        _transport.LeavePoll();

        (await second).Should().Be(Entry.Granted);
        (await EnterAsync()).Should().Be(Entry.Duplicate);
    }

    [Fact]
    public void EnterPost_WhileOneIsOpen_IsADuplicateUntilItLeaves()
    {
        _transport.EnterPost().Should().Be(Entry.Granted);
        _transport.EnterPost().Should().Be(Entry.Duplicate);

        _transport.LeavePost();

        _transport.EnterPost().Should().Be(Entry.Granted);
    }

    [Fact]
    public void Wake_ParkedPoll_CompletesItsTask()
    {
        var parked = _transport.Park();

        _transport.Wake();
        _transport.Wake();

        parked.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public void Probed_ParkedPoll_ComesBackAndSoDoLaterOnesUntilTheUpgradeIsGivenUp()
    {
        _transport.TryBeginUpgrade().Should().BeTrue();
        _transport.TryBeginUpgrade().Should().BeFalse();
        var parked = _transport.Park();

        _transport.Probed();

        parked.IsCompletedSuccessfully.Should().BeTrue();
        _transport.EndsPolls.Should().BeTrue();
        _transport.AbandonUpgrade();
        _transport.EndsPolls.Should().BeFalse();
        _transport.TryBeginUpgrade().Should().BeTrue();
    }

    [Fact]
    public async Task WaitForPollAsync_NoPoll_CompletesWithTheNextOrWithTheTime()
    {
        var time = new FakeTimeProvider();

        var inTime = _transport.WaitForPollAsync(TimeSpan.FromSeconds(1), time).AsTask();
        inTime.IsCompleted.Should().BeFalse();
        await EnterAsync();
        await inTime.WaitAsync(TestLimits.Step);
        await _transport.WaitForPollAsync(TimeSpan.FromSeconds(1), time);
        _transport.LeavePoll();
        var late = _transport.WaitForPollAsync(TimeSpan.FromSeconds(1), time).AsTask();
        time.Advance(TimeSpan.FromSeconds(1));

        await late.WaitAsync(TestLimits.Step);
    }

    [Fact]
    public async Task SwitchAsync_RequestsOpen_CompletesWhenTheLastHasLeft()
    {
        await EnterAsync();
        _transport.BeginWriting();
        _transport.EnterPost();

        var atRest = _transport.SwitchAsync();
        _transport.LeavePoll();
        atRest.IsCompleted.Should().BeFalse();
        _transport.LeavePost();

        await atRest.WaitAsync(TestLimits.Step);
        (await EnterAsync()).Should().Be(Entry.Switched);
        _transport.EnterPost().Should().Be(Entry.Switched);
        _transport.TryBeginUpgrade().Should().BeFalse();
    }

    private Task<Entry> EnterAsync() => _transport.EnterPollAsync().AsTask().WaitAsync(TestLimits.Step);
}
