using Gateway.Cli;
using Gateway.Tests.Support;
using Gateway.Tools.Corpus;
using Gateway.Tools.Har;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Play;
using Gateway.Tools.Verify.Rest;

namespace Gateway.Tests.Tools.Corpus;

/// <summary>A run over several recordings: at one time, written one by one, and what it says of those that are refused.</summary>
public sealed class AnonymisedRunTests
{
    private static readonly byte[] s_key = [1, 2, 3, 4];

    [Fact]
    public async Task Run_TwoJobs_VerifiesTwoAtOneTime()
    {
        using var folder = TempStore.Empty();
        var both = new TaskCompletionSource();
        var started = 0;
        var targets = new Watched(_ =>
        {
            if (Interlocked.Increment(ref started) == 2)
            {
                both.SetResult();
            }

            return both.Task;
        });

        using var anonymiser = Create(targets, jobs: 2);
        var made = await anonymiser.RunAsync([One("one"), One("two")], folder.Root, static _ => { }, CancellationToken.None)
            .WaitAsync(TestLimits.Slow);

        made.Should().HaveCount(2).And.AllSatisfy(static one => one.Problem.Should().BeNull());
    }

    [Fact]
    public async Task Run_StoppedAfterTheFirst_KeepsTheFirst()
    {
        using var folder = TempStore.Empty();
        using var stop = new CancellationTokenSource();
        var output = new AnonymisedOutput(folder.PathOf("work"), folder.PathOf("out"), "recording");
        using var anonymiser = Create(new InProcessTargets(), jobs: 1);

        var run = () => anonymiser.RunAsync([One("one"), One("two")], folder.PathOf("work"), Take, stop.Token).WaitAsync(TestLimits.Slow);

        await run.Should().ThrowAsync<OperationCanceledException>();
        output.Proven.Should().Be(1);
        Directory.GetFileSystemEntries(folder.PathOf("out")).Should().ContainSingle().Which.Should().EndWith("one");
        FixtureLoader.LoadAll([folder.PathOf("out", "one")]).Single().Fixture.Should().NotBeNull();

        void Take(AnonymisedFixture fixture)
        {
            output.Take(fixture);
            stop.Cancel();
        }
    }

    [Fact]
    public async Task Run_WhatVerifyCannotRunMasked_IsRefusedAndCanBeKept()
    {
        using var folder = TempStore.Empty();
        var original = One("one").Fixture.HarPath;
        var targets = new Watched(fixture => fixture.HarPath == original ? Task.CompletedTask : throw new TargetException("not this one"));
        var output = new AnonymisedOutput(folder.PathOf("work"), folder.PathOf("out"), "recording");
        using var anonymiser = Create(targets, jobs: 1);

        var made = await anonymiser.RunAsync([One("one")], folder.PathOf("work"), output.Take, CancellationToken.None)
            .WaitAsync(TestLimits.Slow);
        output.Keep(made.Single(), folder.PathOf("refused"));

        made.Single().Problem.Should().EndWith("not this one");
        (output.Proven, output.Refused).Should().Be((0, 1));
        Directory.Exists(folder.PathOf("out")).Should().BeFalse();
        File.ReadAllText(folder.PathOf("refused", "one", "session.har")).Should().NotBe(File.ReadAllText(original)).And.StartWith("{");
    }

    [Fact]
    public void Take_ProvenAgain_IsPutInThePlaceOfTheFirst()
    {
        using var folder = TempStore.Empty();
        var output = new AnonymisedOutput(folder.PathOf("work"), folder.PathOf("out"), "recording");
        Directory.CreateDirectory(folder.PathOf("work", "one"));
        foreach (var text in new[] { "first", "second" })
        {
            File.WriteAllText(folder.PathOf("work", "one", "session.har"), text);
            output.Take(new AnonymisedFixture("from", "one", null));
        }

        output.Take(new AnonymisedFixture("from", "one", "not proven any more"));

        File.ReadAllText(folder.PathOf("out", "one", "session.har")).Should().Be("second");
        (output.Proven, output.Refused).Should().Be((1, 0));
    }

    [Fact]
    public void Find_ADifference_SaysItsPlaceAndNoTextOfTheOriginal()
    {
        using var text = new StreamReader(One("one").Fixture.HarPath);
        var entry = HarReader.Read(text, out _)!.Entries[0] with { Url = new Uri("http://here/api/secrets/jane") };
        var difference = new Difference(DifferenceKind.Rest, 0, -1, "GET /api/secrets/jane differs at /title")
        {
            Pointer = "/title",
            Rest = new RestOutcome(new RestCall(7, entry), 200, [], ""),
        };
        var (without, with) = (new FixtureResult { Name = "a" }, new FixtureResult { Name = "a", Differences = [difference] });

        AnonymisedProblem.Find(without, with).Should()
            .StartWith("verify finds 1 difference, and 0 in the original").And.Contain("Rest of call 7").And.EndWith("at /title");
        AnonymisedProblem.Find(with, without).Should().EndWith("the first that is gone: Rest of call 7").And.NotContain("jane");
        AnonymisedProblem.Find(with, with).Should().BeNull();
    }

    private static Anonymiser Create(IVerifyTargetFactory targets, int jobs) => new(
        targets, new VerifyOptions(VerifyLevel.Meaning, ReplayOnly: false, TimeSpan.FromSeconds(5), jobs), s_key, TimeProvider.System);

    private static (string Name, Fixture Fixture) One(string name) =>
        (name, FixtureLoader.LoadAll([Verification.PathOf("v0-0.40/replay-full")]).Single().Fixture!);

    /// <summary>Sound gateways, each started after what a test awaits before it. Thread-safe.</summary>
    private sealed class Watched(Func<Fixture, Task> before) : IVerifyTargetFactory
    {
        private readonly InProcessTargets _sound = new();

        public TargetTraits Traits => _sound.Traits;

        public async Task<IVerifyTarget> StartAsync(Fixture fixture, TargetSettings settings, CancellationToken cancellationToken)
        {
            await before(fixture);
            return await _sound.StartAsync(fixture, settings, cancellationToken);
        }
    }
}
