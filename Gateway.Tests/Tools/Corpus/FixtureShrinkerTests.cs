using Gateway.Cli;
using Gateway.Tests.Support;
using Gateway.Tools.Corpus;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Play;

namespace Gateway.Tests.Tools.Corpus;

/// <summary>A fault is shown by a short session.</summary>
public sealed class FixtureShrinkerTests
{
    private const int MostFrames = 10;

    private static readonly TimeSpan s_tryTimeout = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Run_AGatewayThatDropsAnEvent_IsShownInTenFrames()
    {
        using var fixture = EditedFixture.CopyOf("v0-0.40/replay-full");
        var targets = new FaultyTargets(static packet => packet.StartsWith("42[\"oh_event\",", StringComparison.Ordinal)
            && WireJson.Parse(packet[2..])[1]?["id"]?.ToString() == "9" ? [] : [packet]);

        var result = await ShrinkAsync(fixture, targets);

        result.Problem.Should().BeNull();
        result.Difference!.Kind.Should().Be(DifferenceKind.MissingEvent);
        result.Frames.Should().BeLessThanOrEqualTo(MostFrames).And.BeLessThan(result.FramesBefore);
    }

    [Fact]
    public async Task Run_ARecordingWithoutAnEvent_IsShownInTenFramesAndItsFixtureStillShowsIt()
    {
        using var fixture = EditedFixture.CopyOf("v0-0.40/replay-full");
        fixture.Messages()[fixture.PlaceOf(9)].Remove();
        fixture.Save();

        var result = await ShrinkAsync(fixture, new InProcessTargets());

        result.Difference!.ToString().Should().Be("ExtraEvent of event 9 (run)");
        result.Frames.Should().BeLessThanOrEqualTo(MostFrames);
        result.Files.Should().BeLessThan(result.FilesBefore);
        using var folder = TempStore.Empty();
        FixtureParts.Read(Load(fixture)).Write(folder.Root, result.LeftOut);
        (await Verification.InProcessAsync(folder.Root)).Differences
            .Should().ContainSingle().Which.Kind.Should().Be(DifferenceKind.ExtraEvent);
    }

    [Fact]
    public async Task Run_Stopped_GivesTheShortestThatWasFoundByThen()
    {
        using var fixture = EditedFixture.CopyOf("v0-0.40/replay-full");
        fixture.Messages()[fixture.PlaceOf(9)].Remove();
        fixture.Save();
        using var stop = new CancellationTokenSource();
        var targets = new Stopping(stop, after: 12);

        var result = await ShrinkAsync(fixture, targets, cancellationToken: stop.Token);

        (result.Problem, result.End).Should().Be((null, ShrinkEnd.Stopped));
        (result.Frames + result.Files).Should().BeLessThan(result.FramesBefore + result.FilesBefore);
        targets.Started.Should().Be(12);
    }

    [Fact]
    public async Task Run_StoppedBeforeTheDifferenceIsFound_HasNothingToGive()
    {
        using var fixture = EditedFixture.CopyOf("v0-0.40/replay-full");
        using var stop = new CancellationTokenSource();

        var run = () => ShrinkAsync(fixture, new Stopping(stop, after: 1), cancellationToken: stop.Token);

        await run.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Run_ASoundRecording_SaysThatThereIsNothingToShow()
    {
        using var fixture = EditedFixture.CopyOf("v0-0.40/replay-full");

        (await ShrinkAsync(fixture, new InProcessTargets())).Problem.Should().StartWith("verify finds no difference");
    }

    /// <summary>Which difference is to be shown is not decided by how slowly a target starts.</summary>
    [Fact]
    public async Task Run_ATargetThatIsSlowAtFirst_IsWaitedForLongerThanATry()
    {
        using var fixture = EditedFixture.CopyOf("v0-0.40/replay-full");
        var time = new FakeTimeProvider();
        var (reached, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var targets = new FaultyTargets(static packet => [packet], packet =>
        {
            reached.TrySetResult();
            return packet.StartsWith("40", StringComparison.Ordinal) ? release.Task : Task.CompletedTask;
        });

        var run = ShrinkAsync(fixture, targets, time: time);
        await reached.Task.WaitAsync(TestLimits.Step);
        await time.TimerSetAsync(VerifyOptions.PatientStepTimeout);
        time.Advance(2 * s_tryTimeout);
        release.SetResult();
        await time.TimerSetAsync(SessionPlayer.Settle);
        time.Advance(SessionPlayer.Settle);

        (await run.WaitAsync(TestLimits.Slow)).Problem.Should().StartWith("verify finds no difference");
    }

    [Fact]
    public async Task LeaveOut_UnitsThatAreNotNeeded_LeavesTheOthers()
    {
        var plays = 0;
        var units = Enumerable.Range(0, 64).ToList();

        var leftOut = await DeltaDebugging.LeaveOutAsync(units, left =>
        {
            plays++;
            return Task.FromResult(!left.Contains(7) && !left.Contains(40));
        });

        units.Except(leftOut).Should().Equal(7, 40);
        plays.Should().BeLessThan(64);
    }

    private static Fixture Load(EditedFixture fixture) => FixtureLoader.LoadAll([fixture.Folder]).Single().Fixture!;

    private static Task<ShrinkResult> ShrinkAsync(
        EditedFixture fixture, IVerifyTargetFactory targets, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        var options = new VerifyOptions(VerifyLevel.Meaning, ReplayOnly: false, s_tryTimeout, Jobs: 1) { WithRest = false };
        return new FixtureShrinker(targets, options, TestLimits.Slow, time ?? TimeProvider.System)
            .RunAsync(Load(fixture), 1, cancellationToken);
    }

    /// <summary>Sound gateways; as one of them starts, all is stopped.</summary>
    private sealed class Stopping(CancellationTokenSource stop, int after) : IVerifyTargetFactory
    {
        private readonly InProcessTargets _sound = new();

        public int Started { get; private set; }

        public TargetTraits Traits => _sound.Traits;

        public async Task<IVerifyTarget> StartAsync(Fixture fixture, TargetSettings settings, CancellationToken cancellationToken)
        {
            if (++Started == after)
            {
                await stop.CancelAsync();
            }

            cancellationToken.ThrowIfCancellationRequested();
            return await _sound.StartAsync(fixture, settings, cancellationToken);
        }
    }
}
