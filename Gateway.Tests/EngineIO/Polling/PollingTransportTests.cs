using Gateway.EngineIO.Polling;
using Gateway.Tests.Support;

namespace Gateway.Tests.EngineIO.Polling;

public class PollingTransportTests
{
    private readonly PollingTransport _transport = new();

    [Fact]
    public async Task EnterPollAsync_WhileOneWaits_IsADuplicate()
    {
        (await EnterAsync()).Should().Be(RequestAdmission.Granted);

        (await EnterAsync()).Should().Be(RequestAdmission.Duplicate);
    }

    [Fact]
    public async Task EnterPollAsync_WhileOneIsWritten_WaitsForItsEndAndAThirdIsADuplicate()
    {
        await EnterAsync();
        _transport.BeginWriting();

        var second = EnterAsync();
        (await EnterAsync()).Should().Be(RequestAdmission.Duplicate);
        second.IsCompleted.Should().BeFalse();
        _transport.LeavePoll();

        (await second).Should().Be(RequestAdmission.Granted);
        (await EnterAsync()).Should().Be(RequestAdmission.Duplicate);
    }

    [Fact]
    public void EnterPost_WhileOneIsOpen_IsADuplicateUntilItLeaves()
    {
        _transport.EnterPost().Should().Be(RequestAdmission.Granted);
        _transport.EnterPost().Should().Be(RequestAdmission.Duplicate);

        _transport.LeavePost();

        _transport.EnterPost().Should().Be(RequestAdmission.Granted);
    }

    [Fact]
    public void Wake_WhileAPollWaits_CompletesItsWait()
    {
        var parked = _transport.WaitForNewsAsync();

        _transport.Wake();

        parked.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public void ReturnPolls_ParkedPoll_ComesBackAndSoDoLaterOnesUntilTheUpgradeIsGivenUp()
    {
        _transport.TryBeginUpgrade().Should().BeTrue();
        _transport.TryBeginUpgrade().Should().BeFalse();
        var parked = _transport.WaitForNewsAsync();

        _transport.ReturnPolls();

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
    public async Task PauseAsync_RequestsOpen_CompletesWhenTheLastHasLeft()
    {
        await EnterAsync();
        _transport.BeginWriting();
        _transport.EnterPost();

        var atRest = _transport.PauseAsync(CancellationToken.None);
        _transport.LeavePoll();
        atRest.IsCompleted.Should().BeFalse();
        _transport.LeavePost();

        await atRest.WaitAsync(TestLimits.Step);
        (await EnterAsync()).Should().Be(RequestAdmission.Switched);
        _transport.EnterPost().Should().Be(RequestAdmission.Switched);
        _transport.TryBeginUpgrade().Should().BeFalse();
    }

    [Fact]
    public async Task PauseAsync_GivenUp_RequestsAreServedAgain()
    {
        _transport.EnterPost();
        _transport.TryBeginUpgrade();
        using var end = new CancellationTokenSource();
        var atRest = _transport.PauseAsync(end.Token);
        (await EnterAsync()).Should().Be(RequestAdmission.Switched);

        await end.CancelAsync();
        await atRest.Invoking(static task => task.WaitAsync(TestLimits.Step)).Should().ThrowAsync<OperationCanceledException>();
        _transport.AbandonUpgrade();

        (await EnterAsync()).Should().Be(RequestAdmission.Granted);
        _transport.LeavePost();
        _transport.EnterPost().Should().Be(RequestAdmission.Granted);
        _transport.EndsPolls.Should().BeFalse();
    }

    private Task<RequestAdmission> EnterAsync() => _transport.EnterPollAsync().AsTask().WaitAsync(TestLimits.Step);
}
