using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;
using Gateway.Tools.Import;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Import;

public sealed class TrajectoryImporterTests
{
    private const string Legacy = """
        [
          {"id":0,"timestamp":"2024-10-01T10:00:00.000001","source":"user","message":"Hi","action":"message","args":{"content":"Hi","images_urls":["data:image/png;base64,AA=="],"wait_for_response":false}},
          {"id":1,"timestamp":"2024-10-01T10:00:01.000001","source":"agent","message":"Running command: ls","action":"run","args":{"command":"ls","thought":"","is_confirmed":"confirmed","keep_prompt":true,"blocking":false}},
          {"id":2,"timestamp":"2024-10-01T10:00:02.000001","source":"agent","message":"Command `ls` executed with exit code 3.","cause":1,"observation":"run","content":"x","extras":{"exit_code":3,"command_id":17,"command":"ls","formatted_output_and_error":"x"}},
          {"id":3,"timestamp":"2024-10-01T10:00:03.000001","source":"agent","message":"","observation":"agent_state_changed","content":"","extras":{"agent_state":"awaiting_user_input"}},
          {"id":4,"timestamp":"2024-10-01T10:00:04.000001","source":"agent","message":"All done! What's next on the agenda?","action":"finish","args":{"outputs":{},"thought":"","task_completed":"true"}}
        ]
        """;

    [Fact]
    public async Task Import_AnExportOfARecordedConversation_IsServedAndGreen()
    {
        using var store = Recording.Named("replay-full").CopyStoreAfter();
        var events = new JArray(store.Events(store.Conversations().Single()).Values);
        using var folder = TempStore.Empty();
        File.WriteAllText(folder.PathOf("export.json"), events.ToString());

        var imported = TrajectoryImporter.Import(folder.PathOf("export.json"), folder.PathOf("out"), TimeProvider.System);

        imported.Problem.Should().BeNull();
        imported.Events.Should().Be(events.Count);
        imported.Remarks.Should().BeEmpty();
        var result = await Verification.InProcessAsync(folder.PathOf("out"));
        result.ShouldBeEqual();
        result.Frames.Should().BeGreaterThan(10);
    }

    [Fact]
    public async Task Import_LegacyFields_AreServedAsV0RewritesThem()
    {
        using var folder = TempStore.Empty();
        File.WriteAllText(folder.PathOf("old run.json"), Legacy);

        TrajectoryImporter.Import(folder.PathOf("old run.json"), folder.PathOf("out"), TimeProvider.System).Problem.Should().BeNull();

        (await Verification.InProcessAsync(folder.PathOf("out"))).ShouldBeEqual();
        using var store = TempStore.CopyOf(folder.PathOf("out", "store"));
        await using var host = await GatewayHost.StartAsync(store);
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(host.Address, store.Conversations().Should().ContainSingle().Which));
        var shown = new List<JToken>();
        while (await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step) is { On: not "connect" } seen)
        {
            shown.Add(seen.Value);
        }

        shown.Single(static json => json.Value<int>("id") == 1)["args"]?.Value<string>("confirmation_state").Should().Be("confirmed");
        shown.Single(static json => json.Value<int>("id") == 2)["extras"]?["metadata"]?.Value<int>("exit_code").Should().Be(3);
        shown.Single(static json => json.Value<int>("id") == 0)["args"]?["image_urls"].Should().NotBeNull();
    }

    [Fact]
    public async Task Import_AnExportWithoutIds_NumbersTheEvents()
    {
        using var folder = TempStore.Empty();
        var events = (JArray)WireJson.Parse(Legacy);
        events.OfType<JObject>().ToList().ForEach(static json => json.Remove("id"));
        File.WriteAllText(folder.PathOf("t.json"), new JObject { ["trajectory"] = events }.ToString());

        TrajectoryImporter.Import(folder.PathOf("t.json"), folder.PathOf("out"), TimeProvider.System).Problem.Should().BeNull();

        (await Verification.InProcessAsync(folder.PathOf("out"))).ShouldBeEqual();
        Directory.GetFiles(folder.PathOf("out", "store", "sessions", "t", "events"))
            .Select(Path.GetFileName)
            .Order()
            .Should()
            .Equal("0.json", "1.json", "2.json", "3.json", "4.json");
    }

    [Theory]
    [InlineData(false, "event 2 came more than once", 5)]
    [InlineData(true, "event 2 stands for several events", 6)]
    public void Import_AnEventTwice_IsNamed(bool isOther, string remark, int expected)
    {
        using var folder = TempStore.Empty();
        var events = (JArray)WireJson.Parse(Legacy);
        var twice = (JObject)events[2].DeepClone();
        twice["content"] = isOther ? "y" : twice["content"];
        events.Insert(3, twice);
        File.WriteAllText(folder.PathOf("t.json"), events.ToString());

        var imported = TrajectoryImporter.Import(folder.PathOf("t.json"), folder.PathOf("out"), TimeProvider.System);

        imported.Events.Should().Be(expected);
        imported.Remarks.Should().ContainSingle().Which.Should().StartWith(remark);
    }

    [Fact]
    public void Import_MembersThatAreNoEvents_AreCounted()
    {
        using var folder = TempStore.Empty();
        var events = (JArray)WireJson.Parse(Legacy);
        events.Insert(1, 7);
        events.Add(new JObject { ["id"] = 5, ["note"] = "by hand" });
        File.WriteAllText(folder.PathOf("t.json"), events.ToString());

        var imported = TrajectoryImporter.Import(folder.PathOf("t.json"), folder.PathOf("out"), TimeProvider.System);

        imported.Events.Should().Be(5);
        imported.Remarks.Should().Equal("2 members of the array are no events (objects with \"action\" or \"observation\"): they are left out");
    }

    /// <summary>Python keeps it, and so does the store; the wire has it as Python writes it.</summary>
    [Fact]
    public async Task Import_HalfASurrogatePair_IsKeptAndServed()
    {
        using var folder = TempStore.Empty();
        var text = Legacy.Replace("\"content\":\"Hi\"", "\"content\":\"Hi \\ud83d\"", StringComparison.Ordinal);
        File.WriteAllText(folder.PathOf("t.json"), text);

        TrajectoryImporter.Import(folder.PathOf("t.json"), folder.PathOf("out"), TimeProvider.System).Problem.Should().BeNull();

        File.ReadAllText(folder.PathOf("out", "store", "sessions", "t", "events", "0.json")).Should().Contain("Hi \\ud83d");
        (await Verification.InProcessAsync(folder.PathOf("out"))).ShouldBeEqual();
    }

    [Fact]
    public void Import_TheFixture_IsAWholeHar()
    {
        using var folder = TempStore.Empty();
        File.WriteAllText(folder.PathOf("t.json"), Legacy);

        TrajectoryImporter.Import(folder.PathOf("t.json"), folder.PathOf("out"), TimeProvider.System).Problem.Should().BeNull();

        var entry = (JObject)WireJson.Parse(File.ReadAllText(folder.PathOf("out", "session.har")))["log"]!["entries"]![0]!;
        Names(entry).Should().Contain(["startedDateTime", "time", "request", "response", "cache", "timings"]);
        Names(entry["request"]).Should().Contain(
            ["method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"]);
        Names(entry["response"]).Should().Contain(
            ["status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize", "bodySize"]);
        Names(entry["response"]?["content"]).Should().Contain(["size", "mimeType"]);
    }

    private static IEnumerable<string> Names(JToken? json) => ((JObject)json!).Properties().Select(static property => property.Name);

    [Theory]
    [InlineData("{", "is no trajectory")]
    [InlineData("""[{"id":0,"action":"mess""", "is no trajectory")]
    [InlineData("{}", "is no trajectory")]
    [InlineData("[1,2,{}]", "holds no event")]
    [InlineData("[]", "holds no event")]
    public void Import_NoTrajectory_SaysWhyAndWritesNothing(string text, string problem)
    {
        using var folder = TempStore.Empty();
        File.WriteAllText(folder.PathOf("t.json"), text);

        TrajectoryImporter
            .Import(folder.PathOf("t.json"), folder.PathOf("out"), TimeProvider.System).Problem
            .Should()
            .Contain(problem).And
            .NotContain("\n");

        Directory.GetFileSystemEntries(folder.Root).Should().Equal(folder.PathOf("t.json"));
    }

    [Fact]
    public void Import_IntoAFolderWithFiles_WritesNothing()
    {
        using var folder = TempStore.Empty();
        File.WriteAllText(folder.PathOf("t.json"), Legacy);

        TrajectoryImporter.Import(folder.PathOf("t.json"), folder.Root, TimeProvider.System).Problem.Should().Contain("is not empty");

        Directory.GetFileSystemEntries(folder.Root).Should().Equal(folder.PathOf("t.json"));
    }
}
