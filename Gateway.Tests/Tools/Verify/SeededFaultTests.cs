using System.Collections.Concurrent;

using Gateway.Tests.Support;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Play;
using Gateway.Tools.Verify.Reports;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Verify;

/// <summary>A target with a fault is found out, and the fault is shown where the recording has it.</summary>
public sealed class SeededFaultTests
{
    private const string Replay = "v0-0.40/replay-full";
    private const string Live = "v0/message-live";

    [Theory]
    [InlineData(Replay, 9)]
    [InlineData(Live, 7)]
    public async Task Verify_AnEventDropped_IsFoundAtItsFrame(string name, int id)
    {
        var result = await VerifyAsync(name, packet => IsEvent(packet, id) ? [] : [packet]);

        var difference = result.Differences.Should().ContainSingle().Which;
        difference.Kind.Should().Be(DifferenceKind.MissingEvent);
        AssertIsAt(difference, name, id);
        DifferenceText.Line(difference).Should().Contain($"event {id}").And.Contain($"frame {difference.Frame}");
    }

    [Theory]
    [InlineData(Replay, 9)]
    [InlineData(Live, 8)]
    public async Task Verify_TwoEventsSwapped_AreFoundAtTheirFrame(string name, int id)
    {
        var held = new ConcurrentQueue<string>();

        var result = await VerifyAsync(name, packet =>
        {
            if (IsEvent(packet, id))
            {
                held.Enqueue(packet);
                return [];
            }

            return IsEvent(packet, id + 1) && held.TryDequeue(out var late) ? [packet, late] : [packet];
        });

        var difference = result.Differences.Should().ContainSingle().Which;
        difference.Kind.Should().Be(DifferenceKind.Order);
        AssertIsAt(difference, name, id);
    }

    /// <summary>What V0's threads do to live events is no excuse for a replay: there the recording itself must be in order.</summary>
    [Fact]
    public async Task Verify_TwoRecordedEventsOfAReplaySwapped_AreFound()
    {
        using var fixture = EditedFixture.CopyOf("v0/replay-full");
        var (first, second) = (fixture.Messages()[fixture.PlaceOf(9)], fixture.Messages()[fixture.PlaceOf(10)]);
        (first["data"], second["data"]) = (second["data"], first["data"]);
        fixture.Save();

        var result = await Verification.InProcessAsync(fixture.Folder);

        result.Differences.Should().ContainSingle().Which.Kind.Should().Be(DifferenceKind.Order);
    }

    [Theory]
    [InlineData(Replay, 9)]
    [InlineData(Live, 7)]
    public async Task Verify_AFieldChanged_IsFoundAtItsFrameAndPlace(string name, int atLeast)
    {
        var id = FirstCommand(name, atLeast);

        var result = await VerifyAsync(name, packet => [IsEvent(packet, id) ? WithAnotherCommand(packet) : packet]);

        var difference = result.Differences.Should().ContainSingle().Which;
        difference.Kind.Should().Be(DifferenceKind.ChangedField);
        difference.Pointer.Should().Be("/args/command");
        AssertIsAt(difference, name, id);
        DifferenceText
            .Diff(difference)
            .Should()
            .Contain("+ \"rm -rf /\"").And
            .Contain(static line => line.StartsWith("- ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_AWrongConnectError_IsFoundAtItsFrame()
    {
        var result = await VerifyAsync("v0/key-refusals", static packet =>
            [packet.StartsWith("44", StringComparison.Ordinal)
                ? packet.Replace("invalid_session_api_key", "go_away", StringComparison.Ordinal)
                : packet]);

        result.Differences.Should().NotBeEmpty().And.AllSatisfy(static difference => difference.Kind.Should().Be(DifferenceKind.Answer));
        var first = result.Differences[0];
        DifferenceText
            .Line(first)
            .Should()
            .StartWith($"connection {first.Connection}, frame {first.Frame}: ").And
            .Contain("go_away").And
            .Contain("invalid_session_api_key");
        using var fixture = EditedFixture.CopyOf("v0/key-refusals");
        fixture.Data(first.Frame, first.Connection - 1).Should().Contain("invalid_session_api_key");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Verify_AnEventTwice_IsFound(bool replayOnly)
    {
        var result = await VerifyAsync(Replay, static packet => IsEvent(packet, 9) ? [packet, packet] : [packet], replayOnly);

        result.Differences.Should().ContainSingle().Which.What.Should().Contain("given twice");
    }

    [Fact]
    public async Task Verify_AStatusUpdateLeftOut_IsFoundAtItsFrame()
    {
        using var fixture = EditedFixture.CopyOf(Live);

        var result = await VerifyAsync(Live, static packet =>
            packet.Contains("STATUS$RUNTIME_STARTED", StringComparison.Ordinal) ? [] : [packet]);

        var difference = result.Differences.Should().ContainSingle().Which;
        difference.Kind.Should().Be(DifferenceKind.MissingTransientMessage);
        fixture.Data(difference.Frame).Should().Contain("STATUS$RUNTIME_STARTED");
    }

    [Fact]
    public async Task Verify_NoAnswerToConnect_IsFound()
    {
        var result = await VerifyAsync(Replay, static packet => packet.StartsWith("40", StringComparison.Ordinal) ? [] : [packet]);

        result.Differences.Should().Contain(static difference => difference.Kind == DifferenceKind.Answer);
    }

    [Fact]
    public async Task Verify_AnAckLeftOut_IsFound()
    {
        var result = await VerifyAsync("v0/acks", static packet => packet.StartsWith("43", StringComparison.Ordinal) ? [] : [packet]);

        result.Differences.Should().Contain(static difference => difference.Kind == DifferenceKind.MissingAck);
    }

    /// <summary>A REST call that is not played excuses what a client is told, not the events that it is owed.</summary>
    [Fact]
    public async Task Verify_EventsThatComeLateAfterACallThatIsNotPlayed_AreWaitedFor()
    {
        var time = new FakeTimeProvider();
        var (reached, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var targets = new FaultyTargets(static packet => [packet], packet =>
        {
            if (!IsEvent(packet, 11))
            {
                return Task.CompletedTask;
            }

            reached.TrySetResult();
            return release.Task;
        });
        var options = new VerifyOptions(VerifyLevel.Meaning, ReplayOnly: false, TestLimits.Step, Jobs: 1) { WithRest = false };
        var run = new Verifier(targets, options, time)
            .RunAsync(FixtureLoader.LoadAll([Verification.PathOf("v0/ui-upload-file")]), static _ => { }, CancellationToken.None);

        await reached.Task.WaitAsync(TestLimits.Step);
        await time.TimerSetAsync(TestLimits.Step);
        time.Advance(2 * Patience.Short);
        release.SetResult();
        await time.TimerSetAsync(SessionPlayer.Settle);
        time.Advance(SessionPlayer.Settle);

        (await run.WaitAsync(TestLimits.Slow)).Single().ShouldBeEqual();
    }

    private static Task<FixtureResult> VerifyAsync(string name, Func<string, IEnumerable<string>> fault, bool replayOnly = false)
    {
        var options = new VerifyOptions(VerifyLevel.Meaning, replayOnly, TimeSpan.FromSeconds(2), Jobs: 1) { WithRest = false };
        return RunAsync();

        async Task<FixtureResult> RunAsync()
        {
            var results = await new Verifier(new FaultyTargets(fault), options, TimeProvider.System)
                .RunAsync(FixtureLoader.LoadAll([Verification.PathOf(name)]), static _ => { }, CancellationToken.None)
                    .WaitAsync(TestLimits.Slow);
            results.Single().Problem.Should().BeNull();
            return results.Single();
        }
    }

    private static void AssertIsAt(Difference difference, string name, int id)
    {
        using var fixture = EditedFixture.CopyOf(name);
        difference.Connection.Should().Be(1);
        difference.Frame.Should().Be(fixture.PlaceOf(id));
    }

    private static bool IsEvent(string packet, int id) =>
        packet.StartsWith("42[\"oh_event\",", StringComparison.Ordinal) && WireJson.Parse(packet[2..])[1]?["id"]?.ToString() == $"{id}";

    private static string WithAnotherCommand(string packet)
    {
        var array = (JArray)WireJson.Parse(packet[2..]);
        array[1]["args"]!["command"] = "rm -rf /";
        return "42" + array.ToString(Formatting.None);
    }

    private static int FirstCommand(string name, int atLeast)
    {
        using var fixture = EditedFixture.CopyOf(name);
        return fixture.Messages()
            .Select(static message => message.Value<string>("data") ?? "")
            .Where(static data => data.StartsWith("42[\"oh_event\",", StringComparison.Ordinal))
            .Select(static data => WireJson.Parse(data[2..])[1])
            .First(json => json?.Value<string>("action") == "run" && json.Value<int>("id") >= atLeast)?.Value<int>("id") ?? -1;
    }
}
