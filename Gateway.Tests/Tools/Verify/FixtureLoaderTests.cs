using Gateway.Tests.Support;
using Gateway.Tools.Verify;

namespace Gateway.Tests.Tools.Verify;

public sealed class FixtureLoaderTests
{
    private const string RestAlone =
        """{"log":{"version":"1.2","entries":[{"startedDateTime":"2026-01-01T00:00:00Z","request":{"method":"GET","url":"http://v0/alive"},"response":{"status":200}}]}}""";

    [Theory]
    [InlineData("", "holds no JSON object")]
    [InlineData("[]", "holds no JSON object")]
    [InlineData("""{"log":{"version":"1.2","entries":[{"re""", "is cut off or is no JSON (line 1, position *)")]
    [InlineData("{}", "is no HAR: it has no \"log\"")]
    [InlineData("""{"log":{"version":"7.1","entries":[]}}""", "is HAR of the unknown version 7.1")]
    [InlineData("""{"log":{"version":"1.2"}}""", "is no HAR: it has no \"entries\"")]
    [InlineData("""{"log":{"version":"1.2","entries":[]}}""", "has no entry at all")]
    [InlineData(RestAlone, "has no Socket.IO entry (one of REST calls alone is read with a fixture.json beside it)")]
    public void LoadAll_NoUsableFile_SaysWhyInOneLine(string text, string problem)
    {
        using var folder = TempStore.Empty();
        File.WriteAllText(folder.PathOf("bad.har"), text);

        var load = FixtureLoader.LoadAll([folder.PathOf("bad.har")]).Single();

        load.Fixture.Should().BeNull();
        load.Problem.Should().Match(problem).And.NotContain("\n");
    }

    [Fact]
    public void LoadAll_SocketsWithoutTheirMessages_SaysSo()
    {
        using var fixture = EditedFixture.CopyOf("v0/replay-full");
        fixture.Socket().Remove("_webSocketMessages");
        fixture.Save();

        var load = FixtureLoader.LoadAll([fixture.Folder]).Single();

        load.Fixture.Should().BeNull();
        load.Problem.Should().Contain("_webSocketMessages");
    }

    [Fact]
    public void LoadAll_NothingThere_SaysSo()
    {
        using var folder = TempStore.Empty();

        FixtureLoader.LoadAll([folder.PathOf("nowhere"), folder.Root]).Select(static load => load.Problem)
            .Should().Equal("does not exist", "holds no .har file");
    }

    [Fact]
    public void LoadAll_AFolderOfFixtures_FindsEachByName()
    {
        var loads = FixtureLoader.LoadAll([Repository.PathOf("protocol-fixtures", "v0-0.40")]);

        loads.Select(static load => load.Fixture?.Name).Should().Equal("message-live", "new-conversation", "refusals", "replay-full");
        loads.Should().AllSatisfy(static load => load.Fixture?.StoreAfterPath.Should().NotBeNull());
    }

    [Fact]
    public void LoadAll_MadeUpInfo_TakesWhatItKnows()
    {
        using var fixture = EditedFixture.CopyOf("v0/replay-full");
        File.WriteAllText(
            Path.Combine(fixture.Folder, "fixture.json"),
            """{"title":"t","ignore":["/a/*/b",7,"no pointer"],"unordered":[[3,5],{"from":1,"to":2},[9,1],"x"],"what":"else"}""");

        var info = FixtureLoader.LoadAll([fixture.Folder]).Single().Fixture?.Info;

        info?.Title.Should().Be("t");
        info?.Ignore.Should().Equal("/a/*/b");
        info?.Unordered.Should().Equal((3, 5), (1, 2));
    }
}
