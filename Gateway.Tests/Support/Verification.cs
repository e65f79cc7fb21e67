using Gateway.Cli;
using Gateway.Fixtures;
using Gateway.Fixtures.Play;
using Gateway.Fixtures.Reports;

namespace Gateway.Tests.Support;

/// <summary>Verifying one fixture in a test, as <c>gateway verify</c> does it.</summary>
internal static class Verification
{
    /// <summary>The fixtures of V0 that the repository holds, by folder.</summary>
    public static IEnumerable<string> CommittedFixtures() =>
        from family in new[] { "v0", "v0-0.40" }
        from folder in Directory.EnumerateDirectories(Repository.PathOf("protocol-fixtures", family)).Order(StringComparer.Ordinal)
        select $"{family}/{Path.GetFileName(folder)}";

    public static string PathOf(string fixture) => Repository.PathOf(["protocol-fixtures", .. fixture.Split('/')]);

    public static Task<FixtureResult> InProcessAsync(string path, VerifyLevel level = VerifyLevel.Meaning) => RunAsync(path, new InProcessTargets(), level);

    public static async Task<FixtureResult> RunAsync(string path, IVerifyTargetFactory targets, VerifyLevel level = VerifyLevel.Meaning, bool replayOnly = false)
    {
        var options = new VerifyOptions(level, replayOnly, TimeSpan.FromSeconds(10), Jobs: 1);
        var results = await new Verifier(targets, options, TimeProvider.System)
            .RunAsync(FixtureLoader.LoadAll([path]), static _ => { }, CancellationToken.None).WaitAsync(TestLimits.Slow);
        return results.Single();
    }

    public static void ShouldBeEqual(this FixtureResult result)
    {
        result.Problem.Should().BeNull();
        result.Differences.Select(DifferenceText.Full).Should().BeEmpty();
    }
}
