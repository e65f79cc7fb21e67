using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Conversations.Workspaces;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Workspaces.Local;

/// <summary>A workspace whose files do not answer: its callers are told in time, and nobody else waits for it.</summary>
public sealed class HangingWorkspaceTests : IDisposable
{
    private readonly TestLocalWorkspace _test = new(readTimeout: TimeSpan.FromMilliseconds(300));

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData("a.txt", "read")]
    [InlineData(".gitignore", "list")]
    [InlineData(".git/commondir", "changes")]
    [InlineData(".git/commondir", "diff")]
    [InlineData(".openhands/microagents/a.md", "microagents")]
    public async Task Calls_FileHangs_FailInTimeAndSucceedWhenItAnswers(string hanging, string call)
    {
        Write("a.txt", "a");
        Directory.CreateDirectory(_test.Folder.PathOf(".git"));
        Write(hanging, "");
        WorkspaceError? error;
        using (new FileLease(_test.Folder.PathOf(hanging)))
        {
            error = await CallAsync(call).WaitAsync(TestLimits.Step);
        }

        error.Should().Be(new WorkspaceError(WorkspaceFailure.Unreachable, "", "The workspace did not answer in time."));
        (await CallAsync(call).WaitAsync(TestLimits.Step))?.Failure.Should().NotBe(WorkspaceFailure.Unreachable);
    }

    [Fact]
    public async Task Calls_ManyHang_TakeAFewThreadsAndConversationsKeepTheirs()
    {
        Write("a.txt", "a");
        using (new FileLease(_test.Folder.PathOf("a.txt")))
        {
            var hanging = Enumerable.Range(0, 200).Select(_ => CallAsync("read")).ToList();

            var other = await _test.Threads.RunAsync(TestStore.Key("c"), StorageCallKind.Read, 7, static n => n, CancellationToken.None)
                .AsTask().WaitAsync(TestLimits.Step);
            var upload = _test.UploadAsync("new.txt", [1, 2, 3]);

            other.Should().Be(7);
            (await Task.WhenAll(hanging).WaitAsync(TestLimits.Step)).Should()
                .OnlyContain(static error => error != null && error.Failure == WorkspaceFailure.Unreachable);
            (await upload.WaitAsync(TestLimits.Step)).Error?.Failure.Should().Be(WorkspaceFailure.Unreachable);
            _test.Threads.ThreadCount.Should().BeLessThanOrEqualTo(8 + Math.Max(4, 2 * Environment.ProcessorCount));
        }

        (await _test.UploadAsync("new.txt", [1, 2, 3])).Error.Should().BeNull();
        (await _test.ListAsync()).Should().Equal("/workspace/a.txt", "/workspace/new.txt");
    }

    [Fact]
    public async Task OpenArchive_FileHangs_TheWritingFailsInTimeAndItsFilesAreLetGo()
    {
        Write("a.txt", "a");
        Write("b.txt", "b");
        await using var archive = TestLocalWorkspace.Value(await _test.Workspace.OpenArchiveAsync(default));
        using (new FileLease(_test.Folder.PathOf("b.txt")))
        {
            var writing = () => archive.WriteAsync(new MemoryStream(), CancellationToken.None).WaitAsync(TestLimits.Step);

            (await writing.Should().ThrowAsync<StorageException>()).Which.Failure.Should().Be(StorageFailure.TimedOut);
            await archive.DisposeAsync().AsTask().WaitAsync(TestLimits.Step);
        }
    }

    private void Write(string path, string text)
    {
        var file = _test.Folder.PathOf(path);
        Directory.CreateDirectory(Path.GetDirectoryName(file) ?? "");
        File.WriteAllText(file, text);
    }

    private async Task<WorkspaceError?> CallAsync(string call) => call switch
    {
        "read" => (await _test.Workspace.ReadTextAsync("a.txt", default)).Error,
        "list" => (await _test.Workspace.ListFilesAsync(null, default)).Error,
        "changes" => (await _test.Workspace.GetChangesAsync(default)).Error,
        "diff" => (await _test.Workspace.GetDiffAsync("a.txt", default)).Error,
        _ => (await _test.Workspace.GetMicroagentsAsync(default)).Error,
    };
}
