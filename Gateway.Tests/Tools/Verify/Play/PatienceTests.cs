using Gateway.Tests.Support;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;
using Gateway.Tools.Verify.Wire;

using RecordedSession = Gateway.Tools.Verify.Wire.RecordedSession;

namespace Gateway.Tests.Tools.Verify.Play;

public sealed class PatienceTests
{
    private const string StatusUpdate = """42["oh_event",{"status_update":true,"type":"info","id":"STATUS$RUNTIME_STARTED","message":""}]""";

    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(10);

    private static readonly Expectation s_owed = new()
    {
        Opened = true,
        Answers = 1,
        HighestId = 9,
        TransientMessages = 2,
        Acks = 0,
        Disconnected = false,
        Probed = false,
    };

    private readonly RecordedSession _session = new(FixtureLoader.LoadAll([Verification.PathOf("v0/message-live")]).Single().Fixture!);
    private readonly Patience _patience = new(s_step);

    [Fact]
    public void Missed_AStatusUpdate_IsOwedNoLongerAndTheRestKeepsItsTime()
    {
        Miss(s_owed, Event(9), StatusUpdate);

        _patience.LimitFor(mayBeMissing: false).Should().Be(s_step);
        _patience.StillOwed(s_owed with { HighestId = 29, TransientMessages = 4, Acks = 1 }, mayBeMissing: false)
            .Should().Be(s_owed with { HighestId = 29, TransientMessages = 3, Acks = 1 });
    }

    [Fact]
    public void Missed_AnEvent_LeavesLittleTimeAndNothingToWaitForUntilMoreIsOwed()
    {
        Miss(s_owed, Event(8), StatusUpdate, StatusUpdate);

        _patience.LimitFor(mayBeMissing: false).Should().Be(Patience.Short);
        _patience.StillOwed(s_owed, mayBeMissing: false).Should().BeNull();
        _patience.StillOwed(s_owed with { HighestId = 10 }, mayBeMissing: false).Should().Be(s_owed with { HighestId = 10 });
    }

    [Fact]
    public void Missed_Twice_LeavesLittleTime()
    {
        Miss(s_owed, Event(9), StatusUpdate);
        Miss(s_owed with { TransientMessages = 3 }, Event(9), StatusUpdate);

        _patience.LimitFor(mayBeMissing: false).Should().Be(Patience.Short);
    }

    [Fact]
    public void Missed_WhatPerhapsIsNotOwed_SaysNothingAboutTheTarget()
    {
        Miss(s_owed, mayBeMissing: true, Event(9));

        _patience.LimitFor(mayBeMissing: true).Should().Be(Patience.Short);
        _patience.StillOwed(s_owed, mayBeMissing: true).Should().BeNull();
        _patience.LimitFor(mayBeMissing: false).Should().Be(s_step);
        _patience.StillOwed(s_owed, mayBeMissing: false).Should().Be(s_owed);
    }

    private static string Event(int id) => $$"""42["oh_event",{"id":{{id}},"source":"agent","observation":"null"}]""";

    private void Miss(Expectation owed, params string[] came) => Miss(owed, mayBeMissing: false, came);

    private void Miss(Expectation owed, bool mayBeMissing, params string[] came)
    {
        var still = _patience.StillOwed(owed, mayBeMissing);
        still.Should().NotBeNull();
        var frames = came.Prepend("40{\"sid\":\"a\"}").Prepend("0{\"sid\":\"b\"}");
        var actual = new ConnectionView(
            [.. frames.Select(static text => new ViewedFrame(FromClient: false, WireFrame.Read(text)))], ConnectionEnd.ByClient, -1);
        _patience.Missed(still!, mayBeMissing, actual, new EventIdMap(_session.Log(_session.Connections.Single().ConversationId), []));
    }
}
