using Gateway.Primitives.Json;
using Gateway.Tests.Support;
using Gateway.Tools.History;
using Gateway.Tools.History.ToV1;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.History;

/// <summary>The folder that an agent-server reads, held against those that recorded servers have written.</summary>
public sealed class V1FolderTests
{
    private static readonly Guid s_id = Guid.Parse("0123456789abcdef0123456789abcdef");

    public static TheoryData<string> Logs => [.. V1Recording.Names];

    /// <summary>A recorded log, written by us, has the names and the content that its server gave it.</summary>
    [Theory]
    [MemberData(nameof(Logs))]
    public void Write_RecordedLog_IsTheServersOwnFolder(string name)
    {
        var recorded = Directory.EnumerateDirectories(Path.Combine(V1Recording.Load(name).Folder, "store-after"))
            .First(static folder => Directory.Exists(Path.Combine(folder, "events")));
        var files = Files(recorded);
        var id = Guid.Parse(Path.GetFileName(recorded));
        using var root = TempStore.Empty();
        var log = files.Select(static path => V1Recording.ReadObject(path)).ToList();

        V1Folder.Write(root.Root, new V1History(id, log, [], new LossList())).Should().Be(PlacedFolder.Written);

        var written = Files(root.PathOf(Path.GetFileName(recorded)));
        written.Select(Path.GetFileName).Should().Equal(files.Select(Path.GetFileName));
        written.Zip(files).Should().OnlyContain(static pair =>
            JToken.DeepEquals(V1Recording.ReadObject(pair.First), V1Recording.ReadObject(pair.Second)));
        V1Folder.Open(root.Root, []).Logs.Select(static found => found.Id).Should().Equal(id);
    }

    [Fact]
    public void Write_Again_IsThereAlreadyUnlessItIsAnother()
    {
        using var root = TempStore.Empty();
        var history = new V1History(s_id, [Event("00000000-1", "a")], [], new LossList());

        V1Folder.Write(root.Root, history).Should().Be(PlacedFolder.Written);
        V1Folder.Write(root.Root, history).Should().Be(PlacedFolder.WasThere);
        V1Folder.Write(root.Root, history with { Events = [Event("00000000-1", "b")] }).Should().Be(PlacedFolder.Taken);

        Directory.EnumerateFileSystemEntries(root.Root).Should().ContainSingle("nothing is left beside it");
    }

    [Theory]
    [InlineData("event-00002-00000000.json", "the event with the number 1 is missing")]
    [InlineData("event-00000-00000002.json", "two events with the number 0")]
    [InlineData("event-1-00000002.json", "no name that V1 gives")]
    public void List_FolderThatIsNotWhole_SaysWhy(string another, string problem)
    {
        using var root = TempStore.Empty();
        Directory.CreateDirectory(root.PathOf("events"));
        File.WriteAllText(root.PathOf("events", "event-00000-00000000.json"), "{}");
        File.WriteAllText(root.PathOf("events", another), "{}");

        V1Folder.List(root.Root).Problem.Should().Contain(problem);
    }

    private static List<string> Files(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(folder, "events")).Order(StringComparer.Ordinal)];

    private static JObject Event(string id, string text) => new() { ["id"] = id, ["kind"] = "MessageEvent", ["x"] = text };
}
