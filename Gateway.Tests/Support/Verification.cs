using Gateway.Cli;
using Gateway.Tools.Readiness;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;
using Gateway.Tools.Verify.Reports;

namespace Gateway.Tests.Support;

/// <summary>Verifying one fixture in a test, as <c>gateway verify</c> does it.</summary>
internal static class Verification
{
    /// <summary>The fixtures of V0's sockets that the repository holds, by folder.</summary>
    public static IEnumerable<string> CommittedFixtures() => Fixtures().Where(static name => !IsOfRest(name));

    /// <summary>The fixtures of V0's REST, alone (<c>rest-…</c>) or as its web UI calls it (<c>ui-…</c>), by folder.</summary>
    public static IEnumerable<string> RestFixtures() => Fixtures().Where(IsOfRest);

    private static IEnumerable<string> Fixtures() =>
        from family in new[] { "v0", "v0-0.40" }
        from folder in Directory.EnumerateDirectories(Repository.PathOf("protocol-fixtures", family)).Order(StringComparer.Ordinal)
        select $"{family}/{Path.GetFileName(folder)}";

    private static bool IsOfRest(string name) => Path.GetFileName(name).Split('-')[0] is "rest" or "ui";

    public static string PathOf(string fixture) => Repository.PathOf(["protocol-fixtures", .. fixture.Split('/')]);

    public static Task<FixtureResult> InProcessAsync(string path, VerifyLevel level = VerifyLevel.Meaning) =>
        RunAsync(path, new InProcessTargets(), level);

    /// <summary>With its REST calls, in a workspace that the fixture's own commands make.</summary>
    public static Task<FixtureResult> WithRestAsync(string path) =>
        RunAsync(path, new InProcessTargets(runsCommands: true), withRest: true);

    public static async Task<FixtureResult> RunAsync(string path, IVerifyTargetFactory targets, VerifyLevel level = VerifyLevel.Meaning,
        bool replayOnly = false, bool withRest = false)
    {
        var options = new VerifyOptions(level, replayOnly, TimeSpan.FromSeconds(10), Jobs: 1) { WithRest = withRest };
        var results = await new Verifier(targets, options, TimeProvider.System)
            .RunAsync(FixtureLoader.LoadAll([path]), static _ => { }, CancellationToken.None).WaitAsync(TestLimits.Slow);
        return results.Single();
    }

    /// <summary>Whatever rule a comparison needed, <c>readiness</c> has named before anything was played.</summary>
    public static void ShouldUseOnlyRulesThatReadinessNames(this FixtureResult result, string fixture)
    {
        var named = FixtureLoader.LoadAll([PathOf(fixture)]).Select(static load => load.Fixture).OfType<Fixture>()
            .SelectMany(SessionFeatures.Of)
            .Select(static sighting => sighting.Feature.Name);

        result.Intended.Keys.Except(["fixture-ignore", "fixture-unordered"]).Should().BeSubsetOf(named);
    }

    public static void ShouldBeEqual(this FixtureResult result)
    {
        result.Problem.Should().BeNull();
        result.Differences.Select(DifferenceText.Full).Should().BeEmpty();
    }
}
