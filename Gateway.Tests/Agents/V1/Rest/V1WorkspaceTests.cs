using System.IO.Compression;
using System.Text;

using Gateway.Conversations.Workspaces;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Rest;

/// <summary>A conversation's files behind a V1 server, over a real socket: what V0's routes ask of a workspace.</summary>
public sealed class V1WorkspaceTests : IDisposable
{
    private readonly TempStore _folder = TempStore.Empty();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Changes_OfBothGenerations_HaveV0sLettersInTheOrderOfPaths(bool isNew)
    {
        await using var v1 = await StartAsync(isNew);
        v1.Server.Rest.Workspace.GitChanges = new JArray(
            Change("UPDATED", "z.py"), Change("ADDED", "b c/neu é.txt"), Change("DELETED", "gone"), Change("MOVED", "y"),
            Change("WHAT", "x"));

        var changes = Value(await v1.Workspaces.Of(v1.Id).GetChangesAsync(default));

        changes.Select(static change => $"{change.Letter} {change.Path}").Should().Equal("A b c/neu é.txt", "D gone", "R y", "M z.py");
    }

    [Theory]
    [InlineData(400)]
    [InlineData(500)]
    public async Task Changes_OlderServerWithoutARepository_AreNone(int status)
    {
        await using var v1 = await StartAsync();
        await v1.Workspaces.Of(v1.Id).GetChangesAsync(default);
        v1.AnswerWith(status, """{"detail":"not a git repository"}""");

        var changes = await v1.Workspaces.Of(v1.Id).GetChangesAsync(default);

        changes.Error.Should().Be(new WorkspaceError(WorkspaceFailure.NotAGitRepository, "", "Not a git repository"));
    }

    [Theory]
    [InlineData("a b/é.txt", "a b/é.txt")]
    [InlineData("\"caf\\303\\251 \\\"x\\\".txt\"", "café \"x\".txt")]
    public async Task Diff_OfARelativePath_IsAskedForTheAbsoluteOne(string path, string file)
    {
        await using var v1 = await StartAsync();
        v1.Server.Rest.Workspace.GitDiff = new JObject { ["modified"] = "new", ["original"] = null };

        var diff = Value(await v1.Workspaces.Of(v1.Id).GetDiffAsync(path, default));

        diff.Should().Be(new GitDiff("new", ""));
        v1.Server.Rest.Requests.Last().Should().Be($"GET /api/git/diff?path={Uri.EscapeDataString($"{_folder.Root}/{file}")}");
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../x")]
    [InlineData("a\0b")]
    public async Task AnyFile_OutsideTheFolder_IsRefusedWithoutAsking(string path)
    {
        await using var v1 = await StartAsync();
        var workspace = v1.Workspaces.Of(v1.Id);

        (await workspace.ReadTextAsync(path, default)).Error!.Failure.Should().Be(WorkspaceFailure.Outside);
        (await workspace.GetDiffAsync(path, default)).Error!.Failure.Should().Be(WorkspaceFailure.Outside);
        (await workspace.UploadAsync(path, Stream.Null, default)).Error!.Failure.Should().Be(WorkspaceFailure.Outside);
        (await workspace.ListFilesAsync(path, default)).Error!.Failure.Should().Be(WorkspaceFailure.Outside);
        v1.Server.Rest.Requests.Should().HaveCount(1, "only the folder was asked for");
    }

    [Fact]
    public async Task Read_Files_GivesTextsAndSaysWhatIsNone()
    {
        await using var v1 = await StartAsync();
        Directory.CreateDirectory(_folder.PathOf("a b"));
        await File.WriteAllTextAsync(_folder.PathOf("a b", "ü.txt"), "eins\r\nzwei ü");
        await File.WriteAllBytesAsync(_folder.PathOf("x.bin"), [1, 0, 2]);
        var workspace = v1.Workspaces.Of(v1.Id);

        Value(await workspace.ReadTextAsync("a b/ü.txt", default)).Should().Be("eins\nzwei ü");
        Value(await workspace.ReadTextAsync(_folder.PathOf("a b", "ü.txt"), default)).Should().Be("eins\nzwei ü");
        (await workspace.ReadTextAsync("x.bin", default)).Error!.Failure.Should().Be(WorkspaceFailure.Binary);
        (await workspace.ReadTextAsync("none", default)).Error!.Message.Should().Be($"File not found: {_folder.PathOf("none")}");
        (await workspace.ReadTextAsync("a b", default)).Error!.Failure.Should().Be(WorkspaceFailure.NotAFile);
    }

    [Fact]
    public async Task Read_FileThatIsTooLarge_IsNotReadToItsEnd()
    {
        await using var v1 = await StartAsync();
        await File.WriteAllBytesAsync(_folder.PathOf("large"), new byte[17 * 1_024 * 1_024]);

        (await v1.Workspaces.Of(v1.Id).ReadTextAsync("large", default)).Error!.Failure.Should().Be(WorkspaceFailure.TooLarge);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Upload_AFile_IsAtTheServerByteForByteAndNamedAbsolutely(bool isNew)
    {
        await using var v1 = await StartAsync(isNew);
        byte[] bytes = [0, 255, 13, 10, 195, 40];

        var path = Value(await v1.Workspaces.Of(v1.Id).UploadAsync("größe 1.bin", new MemoryStream(bytes), default));

        path.Should().Be(_folder.PathOf("größe 1.bin"));
        (await File.ReadAllBytesAsync(path)).Should().Equal(bytes);
    }

    [Fact]
    public async Task Upload_WhoseSourceFails_ThrowsThatFault()
    {
        await using var v1 = await StartAsync();

        var upload = () => v1.Workspaces.Of(v1.Id).UploadAsync("a", new FailingStream(), default).AsTask().WaitAsync(TestLimits.Step);

        (await upload.Should().ThrowAsync<InvalidDataException>()).WithMessage("The client's form is cut.");
    }

    [Fact]
    public async Task List_AFolderWithIgnoredFiles_LeavesThemOut()
    {
        await using var v1 = await StartAsync();
        await ProcessRunner.RunAsync("git", ["init", "-q", _folder.Root], TestLimits.Step);
        await File.WriteAllTextAsync(_folder.PathOf(".gitignore"), "*.log\n");
        await File.WriteAllTextAsync(_folder.PathOf("a.log"), "");
        await File.WriteAllTextAsync(_folder.PathOf("it's é.txt"), "");
        Directory.CreateDirectory(_folder.PathOf("sub dir"));
        await File.WriteAllTextAsync(_folder.PathOf("sub dir", "x"), "");
        var workspace = v1.Workspaces.Of(v1.Id);

        Value(await workspace.ListFilesAsync(null, default)).Should().Equal(
            _folder.PathOf(".git"), _folder.PathOf(".gitignore"), _folder.PathOf("it's é.txt"), _folder.PathOf("sub dir"));
        Value(await workspace.ListFilesAsync("sub dir", default)).Should().Equal(_folder.PathOf("sub dir", "x"));
        Value(await workspace.ListFilesAsync("none", default)).Should().BeEmpty();
    }

    [Fact]
    public async Task Archive_OfAWorkspace_HasItsFilesAndLeavesNothingBehind()
    {
        await using var v1 = await StartAsync();
        Directory.CreateDirectory(_folder.PathOf("sub"));
        await File.WriteAllTextAsync(_folder.PathOf("sub", "é.txt"), "content");

        var bytes = new MemoryStream();
        await using (var archive = Value(await v1.Workspaces.Of(v1.Id).OpenArchiveAsync(default)))
        {
            await archive.WriteAsync(bytes, default);
        }

        using var zip = new ZipArchive(bytes);
        using var reader = new StreamReader(zip.Entries.Single(static entry => entry.FullName == "sub/é.txt").Open(), Encoding.UTF8);
        (await reader.ReadToEndAsync()).Should().Be("content");
        Directory.EnumerateFiles("/tmp", ".gateway-*.zip").Should().BeEmpty();
    }

    [Fact]
    public async Task Editor_OnAndOff_IsItsAddressOrNothing()
    {
        await using var v1 = await StartAsync();
        var workspace = v1.Workspaces.Of(v1.Id);

        Value(await workspace.GetEditorUrlAsync(default)).Should().BeNull();
        v1.Server.Rest.Workspace.VscodeUrl = "http://127.0.0.1:8001/?tkn=t";
        Value(await workspace.GetEditorUrlAsync(default)).Should().Be("http://127.0.0.1:8001/?tkn=t");

        v1.Server.Rest.Requests.Last().Should().Be(
            $"GET /api/vscode/url?base_url=http%3A%2F%2F127.0.0.1%3A8001&workspace_dir={Uri.EscapeDataString(_folder.Root)}");
    }

    [Fact]
    public async Task Microagents_OfSkills_HaveV0sTypes()
    {
        await using var v1 = await StartAsync();
        v1.Server.Rest.Workspace.Skills = new JArray(
            new JObject { ["name"] = "repo", ["type"] = "repo", ["content"] = "Use tabs.", ["triggers"] = new JArray() },
            new JObject { ["name"] = "deploy", ["type"] = "knowledge", ["content"] = "make", ["triggers"] = new JArray("deploy") },
            new JObject { ["name"] = "pdf", ["type"] = "agentskills", ["content"] = "x", ["triggers"] = null });

        var microagents = Value(await v1.Workspaces.Of(v1.Id).GetMicroagentsAsync(default));

        microagents.Select(static one => $"{one.Name} {one.Type} {one.Content} {string.Join(',', one.Triggers)}").Should()
            .Equal("repo repo Use tabs. ", "deploy knowledge make deploy", "pdf knowledge x ");
    }

    [Fact]
    public async Task Microagents_OfAnOlderServer_AreNone()
    {
        await using var v1 = await StartAsync(isNew: false);

        Value(await v1.Workspaces.Of(v1.Id).GetMicroagentsAsync(default)).Should().BeEmpty();
    }

    [Fact]
    public async Task Anything_OfAConversationThatTheServerDoesNotKnow_HasNoWorkspace()
    {
        await using var v1 = await StartAsync();
        v1.Server.IsUnknown = true;

        (await v1.Workspaces.Of(v1.Id).GetChangesAsync(default)).Error.Should().Be(WorkspaceError.NoWorkspace);
        (await v1.Workspaces.Of(v1.Id).UploadAsync("a", Stream.Null, default)).Error.Should().Be(WorkspaceError.NoWorkspace);
    }

    [Theory]
    [InlineData(500, "garbage", nameof(WorkspaceFailure.Failed))]
    [InlineData(200, "garbage", nameof(WorkspaceFailure.Unsupported))]
    [InlineData(404, "<html>", nameof(WorkspaceFailure.Failed))]
    [InlineData(401, "{}", nameof(WorkspaceFailure.Failed))]
    public async Task Anything_OfAServerThatTalksNonsense_IsRefused(int status, string body, string failure)
    {
        await using var v1 = await StartAsync();
        v1.AnswerWith(status, body);

        (await v1.Workspaces.Of(v1.Id).GetChangesAsync(default)).Error!.Failure.ToString().Should().Be(failure);
    }

    [Fact]
    public async Task Anything_OfAServerThatIsAway_IsUnreachable()
    {
        await using var v1 = await StartAsync();
        var workspace = v1.Workspaces.Of(v1.Id);
        await workspace.GetChangesAsync(default);
        v1.Server.IsDown = true;

        (await workspace.GetChangesAsync(default)).Error!.Failure.Should().Be(WorkspaceFailure.Unreachable);
        (await workspace.GetDiffAsync("a", default)).Error!.Failure.Should().Be(WorkspaceFailure.Unreachable);
        (await workspace.ReadTextAsync("a", default)).Error!.Failure.Should().Be(WorkspaceFailure.Unreachable);
        (await workspace.OpenArchiveAsync(default)).Error!.Failure.Should().Be(WorkspaceFailure.Unreachable);
        (await workspace.UploadAsync("a", new MemoryStream([1]), default)).Error!.Failure.Should().Be(WorkspaceFailure.Unreachable);
        (await workspace.GetEditorUrlAsync(default)).Error!.Failure.Should().Be(WorkspaceFailure.Unreachable);
        (await workspace.GetMicroagentsAsync(default)).Error!.Failure.Should().Be(WorkspaceFailure.Unreachable);
        (await workspace.ListFilesAsync(null, default)).Error!.Failure.Should().Be(WorkspaceFailure.Unreachable);
    }

    private static JObject Change(string status, string path) => new() { ["status"] = status, ["path"] = path };

    private static T Value<T>(WorkspaceResult<T> result)
    {
        result.Error.Should().BeNull();
        result.TryGet(out var value, out _);
        return value!;
    }

    private async Task<V1CallsHarness> StartAsync(bool isNew = true)
    {
        var v1 = await V1CallsHarness.StartAsync(isNew);
        v1.Server.Rest.SetFolder(v1.Server.ConversationId, _folder.Root);
        v1.Server.Rest.Workspace.Folder = _folder.Root;
        return v1;
    }

    private sealed class FailingStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new InvalidDataException("The client's form is cut.");
    }
}
