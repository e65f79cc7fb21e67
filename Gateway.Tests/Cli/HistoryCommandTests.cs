using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Cli;

/// <summary><c>gateway import v0</c> and <c>gateway export v1</c> in processes of their own.</summary>
public sealed class HistoryCommandTests
{
    private const string Key = "a-very-secret-key";
    private const string ModelKey = "sk-the-model's-key";

    private static readonly string s_store = Repository.PathOf("protocol-fixtures", "v0", "stop-resume", "store-after");

    [Fact]
    public async Task ImportAndExport_ThroughAServer_KeepWhatWasSaidAndNoKey()
    {
        await using var v1 = await StandInV1Folder.StartAsync(Key);
        v1.Title = null;
        using var folder = TempStore.Empty();
        var template = folder.PathOf("template.json");
        await File.WriteAllTextAsync(
            template, new JObject { ["agent"] = new JObject { ["llm"] = new JObject { ["api_key"] = ModelKey } } }.ToString());

        var imported = await RunAsync(
            "import", "v0", "--from", $"files:{s_store}", "--to", "v1", v1.Server.BaseUrl, "--folder", v1.Folder, "--template", template);
        var exported = await RunAsync("export", "v1", "--from", v1.Server.BaseUrl, "--to", "v0", folder.PathOf("v0"));
        var fromFolder = await RunAsync(
            "export", "v1", "--from", v1.Folder, "--to", "v0", $"trajectory:{folder.PathOf("t.json")}");

        imported.Should().Match<Run>(static run => run.ExitCode == 0 && run.Errors.Length == 0);
        imported.Output.Should().Contain("1 of 1 conversation").And.Contain("Not as it was").And.Contain("is kept, by content");
        exported.ExitCode.Should().Be(0, exported.Errors);
        fromFolder.ExitCode.Should().Be(0, fromFolder.Errors);
        using var back = TempStore.CopyOf(folder.PathOf("v0"));
        using var before = TempStore.CopyOf(s_store);
        var id = before.Conversations().Single();
        back.Conversations().Should().Equal(id);
        V0Content.Messages(back.Events(id).Values).Should().Equal(V0Content.Messages(before.Events(id).Values));
        V0Content.Results(back.Events(id).Values).Should().BeEquivalentTo(V0Content.Results(before.Events(id).Values));
        JObject.Parse(await File.ReadAllTextAsync(back.PathOf("sessions", id, "metadata.json"))).Text("title")
            .Should().Be("Fix the add function", "it went to V1 and back");
        JArray.Parse(await File.ReadAllTextAsync(folder.PathOf("t.json"))).Should().HaveCount(back.Events(id).Count);
        Directory.EnumerateFiles(folder.Root, "*", SearchOption.AllDirectories)
            .Where(path => path != template)
            .Should().OnlyContain(static path => !File.ReadAllText(path).Contains("secret") && !File.ReadAllText(path).Contains("sk-the"));
        (imported.All + exported.All + fromFolder.All).Should().NotContain(Key).And.NotContain(ModelKey);
    }

    [Fact]
    public async Task Import_StoreThatIsCopiedByHalf_TakesTheWholeOnesAndSaysItIsPartial()
    {
        using var store = TempStore.CopyOf(s_store);
        using var target = TempStore.Empty();
        var whole = store.Conversations().Single();
        var half = new string('a', 32);
        Copy(store.PathOf("sessions", whole, "events"), store.PathOf("sessions", half, "events"));
        File.Delete(store.PathOf("sessions", half, "events", "5.json"));

        var run = await RunAsync("import", "v0", "--from", $"files:{store.Root}", "--to", "v1", target.Root);

        run.ExitCode.Should().Be(2);
        run.Errors.Trim().Should().StartWith($"import v0: conversation {half}: event 5 is missing").And.NotContain("\n");
        run.Output.Should().StartWith("PARTIAL REPORT").And.Contain("1 of 2 conversations");
        Directory.EnumerateFileSystemEntries(target.Root).Select(Path.GetFileName).Should().Equal(whole);
    }

    /// <summary>An event has a file of its own before its page has it: where the files end first, later ones are lost as well.</summary>
    [Fact]
    public async Task Import_StoreWhoseEventFilesEndBeforeItsPages_IsRefused()
    {
        using var store = TempStore.CopyOf(Repository.PathOf("protocol-fixtures", "v0", "message-live", "store-after"));
        using var target = TempStore.Empty();
        var id = store.Conversations().Single();
        Directory.Delete(store.PathOf("sessions", id, "events"), recursive: true);

        var run = await RunAsync("import", "v0", "--from", $"files:{store.Root}", "--to", "v1", target.Root);

        run.ExitCode.Should().Be(2);
        run.Errors.Trim().Should().Be(
            $"import v0: conversation {id}: its pages hold later events than its event files: it is copied by half (--allow-gaps)");
        Directory.EnumerateFileSystemEntries(target.Root).Should().BeEmpty();
    }

    [Fact]
    public async Task Export_FolderThatIsCopiedByHalf_WritesNothingAndSaysIt()
    {
        using var copy = TempStore.CopyOf(Repository.PathOf("protocol-fixtures", "v1", "hello", "store-after"));
        var folder = Directory.EnumerateDirectories(copy.Root).Single();
        File.Delete(Directory.EnumerateFiles(Path.Combine(folder, "events"), "event-00003-*").Single());
        using var target = TempStore.Empty();

        var run = await RunAsync("export", "v1", "--from", copy.Root, "--to", "v0", target.PathOf("out"));

        run.ExitCode.Should().Be(2);
        run.Errors.Should().Contain("the event with the number 3 is missing").And.NotContain("   at ");
        run.Output.Should().StartWith("PARTIAL REPORT");
        Directory.EnumerateFileSystemEntries(target.Root).Should().BeEmpty();
    }

    [Theory]
    [InlineData("/proc/out")]
    [InlineData("trajectory:/proc/t.json")]
    public async Task Export_PlaceThatCannotBeWritten_IsRefusedBeforeAnythingIsRead(string place)
    {
        var run = await RunAsync(
            "export", "v1", "--from", Repository.PathOf("protocol-fixtures", "v1", "hello", "store-after"), "--to", "v0", place);

        run.ExitCode.Should().Be(2);
        run.Output.Should().BeEmpty();
        run.Errors.Trim().Should().StartWith("export v1: --to: ").And.NotContain("\n");
    }

    [Theory]
    [InlineData("V1 has no door for a history", "import", "v0", "--from", "files:/x", "--to", "v1", "http://127.0.0.1:9")]
    [InlineData("--to is v1 URL or v1 FOLDER, and not v2", "import", "v0", "--from", "files:/x", "--to", "v2", "/x")]
    [InlineData("--to is v1 URL or v1 FOLDER, and not ./x", "import", "v0", "--from", "files:/x", "--to", "./x")]
    [InlineData("--to is v0 FOLDER or v0 trajectory:FILE, and not ./x", "export", "v1", "--from", "/x", "--to", "./x")]
    [InlineData("http://127.0.0.1:9/ does not answer", "export", "v1", "--from", "http://127.0.0.1:9", "--to", "v0", "/no/x")]
    public async Task Command_NothingToDo_SaysSoInALine(string expected, params string[] arguments)
    {
        var run = await RunAsync(arguments);

        run.ExitCode.Should().Be(2);
        run.Errors.Trim().Should().Contain(expected).And.NotContain("\n");
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private static async Task<Run> RunAsync(params string[] arguments)
    {
        await using var process = GatewayProcess.Start(new() { ["V1__SessionApiKey"] = Key }, arguments);
        var exitCode = await process.ExitAsync();
        return new Run(exitCode, string.Join('\n', await process.OutputAsync()), process.Errors);
    }

    private sealed record Run(int ExitCode, string Output, string Errors)
    {
        public string All => Output + Errors;
    }
}
