using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Hosting;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;
using Gateway.Tools.History;
using Gateway.Tools.History.ToV1;
using Gateway.Tools.Import;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.History;

/// <summary>Histories on their way into a server that keeps them in a folder, and what may go wrong there.</summary>
public sealed class HistoryImporterTests
{
    private const string Secret = "sk-a-very-secret-key";

    private static readonly ConversationKey s_key = TestStore.Key("0123456789abcdef0123456789abcdef");

    private static readonly Guid s_id = HistoryIds.OfConversation(s_key.Id);

    private readonly List<string> _problems = [];

    [Fact]
    public async Task Import_IntoAServersFolder_IsWhatTheServerShows()
    {
        await using var v1 = await StandInV1Folder.StartAsync();

        var report = await ImportAsync(v1, v1.Folder, Events());

        _problems.Should().BeEmpty();
        (report.Done, report.IsPartial, report.HasLostContent).Should().Be((1, false, false));
        var history = HistoryTranslator.Translate(s_id, Events());
        v1.LogOf(s_id).Select(static one => one.Text("id")).Should().Equal(history.Events.Select(static one => one.Text("id")));
        Directory.EnumerateFiles(Path.Combine(v1.Folder, s_id.ToString("N"), "events"))
            .Should().OnlyContain(static path => !File.ReadAllText(path).Contains(Secret));
    }

    [Fact]
    public async Task Import_Again_ComparesAndMakesNothing()
    {
        await using var v1 = await StandInV1Folder.StartAsync();
        await ImportAsync(v1, v1.Folder, Events());

        var report = await ImportAsync(v1, v1.Folder, Events());
        var another = await ImportAsync(v1, v1.Folder, [.. Events(), Message(100, "More")]);

        report.Done.Should().Be(1);
        v1.Creations.Should().Be(1);
        another.IsPartial.Should().BeTrue();
        _problems.Should().ContainSingle().Which.Should().Contain("another conversation of this id");
    }

    /// <summary>V1 makes an empty conversation then, which nobody wants.</summary>
    [Fact]
    public async Task Import_FolderThatIsNotTheServers_LeavesNothingAnywhere()
    {
        await using var v1 = await StandInV1Folder.StartAsync();
        using var elsewhere = TempStore.Empty();

        var report = await ImportAsync(v1, elsewhere.Root, Events());

        report.Failure.Should().Contain("not the one in which it keeps its conversations");
        v1.Knows(s_id).Should().BeFalse();
        Directory.EnumerateFileSystemEntries(elsewhere.Root).Should().BeEmpty();
        Directory.EnumerateFileSystemEntries(v1.Folder).Should().BeEmpty();
    }

    [Fact]
    public async Task Import_ServerThatCannotReadAll_SaysHowManyAndLeavesNothing()
    {
        await using var v1 = await StandInV1Folder.StartAsync();
        v1.CanRead = static one => one.Text("kind") != "MessageEvent";

        var report = await ImportAsync(v1, v1.Folder, Events());

        report.Failure.Should().Contain("it cannot read the others");
        Directory.EnumerateFileSystemEntries(v1.Folder).Should().BeEmpty();
    }

    [Theory]
    [InlineData(500, "answers 500", false)]
    [InlineData(422, "its template does not suit it", false)]
    [InlineData(0, "run it again to see", true)]
    public async Task Import_ServerRefusesOrGoesAway_EndsTheRunWithNothingHalfWritten(int status, string problem, bool isKept)
    {
        await using var v1 = await StandInV1Folder.StartAsync();
        v1.CreationStatus = _ => status;

        var report = await ImportAsync(v1, v1.Folder, Events());

        report.Failure.Should().Contain(problem).And.NotContain(Secret);
        report.Done.Should().Be(0);
        var folders = Directory.EnumerateDirectories(v1.Folder).ToList();
        folders.Should().HaveCount(isKept ? 1 : 0);
        if (isKept)
        {
            // Whole, and taken up by the next run.
            v1.Server.IsDown = false;
            v1.CreationStatus = static _ => null;
            (await ImportAsync(v1, v1.Folder, Events())).Done.Should().Be(1);
        }
    }

    [Fact]
    public async Task Import_SomethingElseInItsPlace_LeavesItAsItIs()
    {
        await using var v1 = await StandInV1Folder.StartAsync();
        var file = Path.Combine(v1.Folder, s_id.ToString("N"), "events", "event-00000-00000000.json");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, "{}");

        var report = await ImportAsync(v1, v1.Folder, Events());

        _problems.Should().ContainSingle().Which.Should().Contain("something else stands in its place");
        (report.Failure, v1.Creations, await File.ReadAllTextAsync(file)).Should().Be((null, 0, "{}"));
    }

    [Fact]
    public async Task StoreAsync_ServerGoesAwayInTheMiddle_EndsWithAPartialReport()
    {
        await using var v1 = await StandInV1Folder.StartAsync();
        using var store = Store(s_id, Guid.Parse("11111111111111111111111111111111"), Guid.Parse("22222222222222222222222222222222"));
        v1.CreationStatus = static number => number == 1 ? 0 : null;

        var report = await ImportAsync(v1, store, tellsBridge: false);

        (report.Total, report.Done, report.IsPartial).Should().Be((3, 1, true));
        report.Failure.Should().StartWith("conversation 11111111111111111111111111111111: it does not answer");
        _problems.Should().ContainSingle();
        Directory.EnumerateDirectories(v1.Folder).Should().HaveCount(2, "the third was not begun");
    }

    /// <summary>Python, and so V0, keeps half a surrogate pair in its JSON; V1's reader refuses the whole event for it.</summary>
    [Fact]
    public async Task StoreAsync_HalfASurrogatePair_IsReplacedAndTold()
    {
        await using var v1 = await StandInV1Folder.StartAsync();
        var other = Guid.Parse("11111111111111111111111111111111");
        using var store = Store(s_id, other);
        await File.WriteAllTextAsync(store.PathOf("sessions", s_id.ToString("N"), "events", "1.json"), """
            {"id":1,"timestamp":"2026-11-21T10:00:01.000001","source":"agent","action":"message","args":{"content":"Half \ud83d a 😀"}}
            """);

        var report = await ImportAsync(v1, store, tellsBridge: true);
        var again = await ImportAsync(v1, store, tellsBridge: true);

        _problems.Should().BeEmpty();
        (report.Done, again.Done, v1.Creations).Should().Be((2, 2, 2));
        v1.LogOf(s_id).Single(static one => one.Text("source") == "agent" && one.Text("kind") == "MessageEvent")
            .SelectToken("llm_message.content[0].text")!.ToString().Should().Be("Half \ufffd a 😀");
        report.Losses.Should().ContainSingle(static loss => loss.What.StartsWith("half a surrogate pair")).Which.Count.Should().Be(1);
        report.HasLostContent.Should().BeFalse();
    }

    [Fact]
    public async Task StoreAsync_ConversationThatFails_KeepsNoOtherFromIt()
    {
        await using var v1 = await StandInV1Folder.StartAsync();
        var other = Guid.Parse("11111111111111111111111111111111");
        using var store = Store(s_id, other);
        using var opened = OpenedV1.Open("--to", v1.Server.BaseUrl, null).Opened!;
        await using var source = (await OpenedStore.OpenAsync($"files:{store.Root}", false, 2, CancellationToken.None)).Opened!;
        var report = new HistoryReport((where, problem) => _problems.Add($"{where}: {problem}"));
        var run = new HistoryImportRun(
            new HistoryImporter(v1.Folder, Door(opened), report), report, [], mayHaveGaps: false, tellsBridge: false);

        await run.StoreAsync(source.Store with { Logs = new BrokenLog(source.Store.Logs, s_key) }, CancellationToken.None);

        _problems.Should().Equal($"conversation {s_key.Id}: Nobody has thought of this.");
        (report.Total, report.Done, report.Failure).Should().Be((2, 1, null));
        v1.Knows(other).Should().BeTrue();
    }

    [Fact]
    public async Task StoreAsync_ToldToContinue_WritesTheBridgesJournalOnceAndNothingElse()
    {
        await using var v1 = await StandInV1Folder.StartAsync();
        using var store = Store(s_id);
        var before = Contents(store);

        await ImportAsync(v1, store, tellsBridge: true);
        var journal = store.PathOf("sessions", s_id.ToString("N"), "v1_map.jsonl");
        var written = await File.ReadAllTextAsync(journal);
        await ImportAsync(v1, store, tellsBridge: true);

        _problems.Should().BeEmpty();
        written.Should().Contain("\"head\":1");
        (await File.ReadAllTextAsync(journal)).Should().Be(written);
        File.Delete(journal);
        Contents(store).Should().Equal(before);
    }

    [Fact]
    public async Task StoreAsync_Title_IsV1sAsWellUnlessThatHasOne()
    {
        await using var v1 = await StandInV1Folder.StartAsync();
        v1.Title = null;
        using var store = Store(s_id);
        Entitle(store, "  Fix the \"parser\" ");

        var report = await ImportAsync(v1, store, tellsBridge: false);
        Entitle(store, "Another");
        await ImportAsync(v1, store, tellsBridge: false);

        _problems.Should().BeEmpty();
        TitleLosses(report).Should().BeEmpty();
        v1.TitleOf(s_id).Should().Be("Fix the \"parser\"");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Conversation 01234")]
    public async Task StoreAsync_NoTitleOfItsOwn_LeavesThatToV1(string? title)
    {
        await using var v1 = await StandInV1Folder.StartAsync();
        v1.Title = null;
        using var store = Store(s_id);
        Entitle(store, title);

        var report = await ImportAsync(v1, store, tellsBridge: false);

        TitleLosses(report).Should().BeEmpty();
        v1.TitleOf(s_id).Should().BeNull();
    }

    [Theory]
    [InlineData("{\"title\": \"Cut o", null, "a title in metadata that are empty or damaged")]
    [InlineData("{\"title\": \"A title\"}", 422, "a title: nothing: the server has not taken it")]
    public async Task StoreAsync_TitleThatDoesNotArrive_IsToldAndTheConversationIsThere(string metadata, int? status, string told)
    {
        await using var v1 = await StandInV1Folder.StartAsync();
        (v1.Title, v1.NamingStatus) = (null, status);
        using var store = Store(s_id);
        await File.WriteAllTextAsync(store.PathOf("sessions", s_id.ToString("N"), "metadata.json"), metadata);

        var report = await ImportAsync(v1, store, tellsBridge: false);

        TitleLosses(report).Should().ContainSingle().Which.Should().StartWith(told);
        report.HasLostContent.Should().BeFalse();
        (report.Done, report.IsPartial).Should().Be((1, false));
    }

    [Fact]
    public async Task TrajectoryAsync_Export_IsAFolderOfItsName()
    {
        using var folder = TempStore.Empty();
        await File.WriteAllTextAsync(folder.PathOf("my run.json"), new JArray(Events().Select(static one => one.Event)).ToString());
        var report = new HistoryReport((where, problem) => _problems.Add($"{where}: {problem}"));
        var run = new HistoryImportRun(
            new HistoryImporter(folder.PathOf("v1"), null, report), report, [], mayHaveGaps: false, tellsBridge: false);

        var path = folder.PathOf("my run.json");
        await run.TrajectoryAsync(path, TrajectoryImporter.Read(path).Trajectory, CancellationToken.None);

        _problems.Should().BeEmpty();
        var id = HistoryIds.OfConversation(TestStore.Key("myrun").Id);
        V1Folder.List(V1Folder.PathOf(folder.PathOf("v1"), id)).Paths.Should().HaveCount(3);
    }

    [Theory]
    [InlineData("1.2.9", false)]
    [InlineData("1.3.0", true)]
    [InlineData("1.99.1", true)]
    [InlineData("2.0.0", false)]
    [InlineData("soon", false)]
    public async Task FindProblem_Version_IsKnownFromTheOldestOn(string version, bool isKnown)
    {
        await using var v1 = await StandInV1Folder.StartAsync(version: version);
        using var opened = OpenedV1.Open("--to", v1.Server.BaseUrl, null).Opened!;

        var problem = await new V1Door(opened.Rest, opened.Endpoint).FindProblemAsync(CancellationToken.None);

        (problem is null).Should().Be(isKnown, problem);
    }

    private async Task<HistoryReport> ImportAsync(StandInV1Folder v1, TempStore store, bool tellsBridge)
    {
        using var opened = OpenedV1.Open("--to", v1.Server.BaseUrl, null).Opened!;
        await using var source = (await OpenedStore.OpenAsync($"files:{store.Root}", false, 2, CancellationToken.None)).Opened!;
        var report = new HistoryReport((where, problem) => _problems.Add($"{where}: {problem}"));
        var importer = new HistoryImporter(v1.Folder, Door(opened), report);
        await new HistoryImportRun(importer, report, [], mayHaveGaps: false, tellsBridge).StoreAsync(source.Store, CancellationToken.None);
        return report;
    }

    private static TempStore Store(params Guid[] ids)
    {
        var store = TempStore.Empty();
        foreach (var id in ids)
        {
            Directory.CreateDirectory(store.PathOf("sessions", id.ToString("N"), "events"));
            foreach (var (v0Id, one) in Events())
            {
                File.WriteAllText(store.PathOf("sessions", id.ToString("N"), "events", $"{v0Id}.json"), one.ToString());
            }
        }

        return store;
    }

    private static IEnumerable<string> TitleLosses(HistoryReport report) =>
        report.Losses.Select(static loss => loss.What).Where(static what => what.StartsWith("a title", StringComparison.Ordinal));

    private static void Entitle(TempStore store, string? title) => File.WriteAllText(
        store.PathOf("sessions", s_id.ToString("N"), "metadata.json"),
        new JObject { ["conversation_id"] = s_id.ToString("N"), ["title"] = title }.ToString());

    private static List<string> Contents(TempStore store) =>
    [
        .. Directory.EnumerateFiles(store.Root, "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(static path => $"{path}: {File.ReadAllText(path)}"),
    ];

    private static V1Door Door(OpenedV1 opened) => new(opened.Rest, opened.Endpoint, static id => new JObject
    {
        ["conversation_id"] = id.ToString("D"),
        ["agent"] = new JObject { ["llm"] = new JObject { ["api_key"] = Secret } },
    });

    private async Task<HistoryReport> ImportAsync(
        StandInV1Folder v1, string folder, IReadOnlyList<(int V0Id, JObject Event)> events)
    {
        using var opened = OpenedV1.Open("--to", v1.Server.BaseUrl, null).Opened!;
        var door = Door(opened);
        var report = new HistoryReport((where, problem) => _problems.Add($"{where}: {problem}"));
        await new HistoryImporter(folder, door, report).ImportAsync(s_key, title: null, events, journal: null, CancellationToken.None);
        return report;
    }

    /// <summary>One log of a store fails in a way of its own.</summary>
    private sealed class BrokenLog(IEventLogStore logs, ConversationKey broken) : IEventLogStore
    {
        public ValueTask<IEventLog> OpenAsync(ConversationKey key, CancellationToken cancellationToken) =>
            key == broken ? throw new InvalidOperationException("Nobody has thought of this.") : logs.OpenAsync(key, cancellationToken);
    }

    private static List<(int V0Id, JObject Event)> Events() => [Message(0, "Hello"), Message(1, "Hi", "agent")];

    private static (int V0Id, JObject Event) Message(int id, string text, string source = "user") => (id, new JObject
    {
        ["id"] = id,
        ["timestamp"] = $"2026-11-21T10:00:0{id % 10}.000001",
        ["source"] = source,
        ["action"] = "message",
        ["args"] = new JObject { ["content"] = text },
    });
}
