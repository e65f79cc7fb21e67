using Gateway.Tests.Support;
using Gateway.Tools.Har;
using Gateway.Tools.Shadow;
using Gateway.Tools.Shadow.Compare;
using Gateway.Tools.Shadow.Fixtures;

namespace Gateway.Tests.Tools.Shadow;

/// <summary>What is kept of new groups of differences.</summary>
public sealed class ShadowResultsTests
{
    [Fact]
    public async Task Add_SeveralNewGroupsOfOneComparison_ShareAFixture()
    {
        using var folder = TempStore.Empty();
        var time = new FakeTimeProvider();
        var notes = new ShadowNotes(static _ => { });
        var groups = new DifferenceGroups(time);
        var told = new List<DifferenceGroup>();
        var results = new ShadowResults(
            new ShadowCounters(), groups, new ShadowSwitch(1, static _ => { }), notes,
            new FixtureKeeper(folder.Root, new FixtureWriter(storePath: null, time), notes), told.Add);
        var job = new ComparisonJob(JobKind.Call, "", "GET /api/options/config", "a browser", [Call()], TimeSpan.Zero, 0);

        await results.AddAsync(
            job, new ComparisonOutcome([Finding.OfRule("a-rule", 1), Of("one /title"), Of("another /title"), Of("one /title")]));
        await results.AddAsync(job, new ComparisonOutcome([Of("a third one /title"), Of("another /title")]));

        notes.Partial.Should().BeEmpty();
        told.Select(static group => (group.Key.First, Path.GetFileName(group.Fixture))).Should().Equal(
            ("", null), ("one /title", "002-rest"), ("another /title", "002-rest"), ("a third one /title", "004-rest"));
        groups.All.Select(static group => (group.Key.First, group.Fixture)).Should().BeEquivalentTo(
            told.Select(static group => (group.Key.First, group.Fixture)));
        Directory.EnumerateDirectories(folder.Root).Select(Path.GetFileName).Should().BeEquivalentTo("002-rest", "004-rest");
    }

    private static Finding Of(string first) => new(false, "rest", first, $"another {first}", 1);

    private static HarEntry Call()
    {
        using var text = new StreamReader(Path.Combine(Verification.PathOf("v0/rest-static"), HarFile.FixtureName));
        return HarReader.Read(text, out _)?.Entries[0] ?? throw new InvalidOperationException("The recording cannot be read.");
    }
}
