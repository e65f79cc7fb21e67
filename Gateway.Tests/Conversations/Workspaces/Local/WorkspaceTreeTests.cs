using Gateway.Conversations.Workspaces;
using Gateway.Conversations.Workspaces.Local;

namespace Gateway.Tests.Conversations.Workspaces.Local;

/// <summary>Paths as hostile clients and workspaces have them.</summary>
public sealed class WorkspaceTreeTests : IDisposable
{
    private readonly TestLocalWorkspace _local = new();

    public void Dispose() => _local.Dispose();

    [Theory]
    [InlineData("a.txt", "a.txt", nameof(EntryKind.File))]
    [InlineData("./a.txt", "a.txt", nameof(EntryKind.File))]
    [InlineData("a.txt/", "a.txt", nameof(EntryKind.File))]
    [InlineData("sub//b.txt", "sub/b.txt", nameof(EntryKind.File))]
    [InlineData("sub/../a.txt", "a.txt", nameof(EntryKind.File))]
    [InlineData("/workspace/sub/b.txt", "sub/b.txt", nameof(EntryKind.File))]
    [InlineData("/workspace", "", nameof(EntryKind.Folder))]
    [InlineData("", "", nameof(EntryKind.Folder))]
    [InlineData("sub", "sub", nameof(EntryKind.Folder))]
    [InlineData("new/deep/c.txt", "new/deep/c.txt", nameof(EntryKind.Missing))]
    [InlineData("new/../a.txt", "a.txt", nameof(EntryKind.File))]
    [InlineData("inside", "sub/b.txt", nameof(EntryKind.File))]
    [InlineData("mounted", "sub/b.txt", nameof(EntryKind.File))]
    [InlineData("folder/b.txt", "sub/b.txt", nameof(EntryKind.File))]
    [InlineData("folder/../a.txt", "a.txt", nameof(EntryKind.File))]
    [InlineData("dangling", "sub/none.txt", nameof(EntryKind.Missing))]
    [InlineData("pipe", "pipe", nameof(EntryKind.Other))]
    public async Task Find_PathThatStaysWithin_IsTheRealOne(string path, string expected, string kind)
    {
        await MakeAsync();

        using var entry = TestLocalWorkspace.Value(_local.Tree.Find(path));

        entry.Path.Should().Be(expected);
        entry.Kind.ToString().Should().Be(kind);
    }

    [Theory]
    [InlineData("../outside.txt", "Invalid path traversal: /workspace/../outside.txt. Path resolves outside the workspace. "
        + "Resolved: /outside.txt, Workspace: /workspace")]
    [InlineData("sub/../../outside.txt", "Invalid path traversal: /workspace/sub/../../outside.txt. Path resolves outside the workspace. "
        + "Resolved: /outside.txt, Workspace: /workspace")]
    [InlineData("/workspace/../outside.txt", "Invalid path traversal: /workspace/../outside.txt. Path resolves outside the workspace. "
        + "Resolved: /outside.txt, Workspace: /workspace")]
    [InlineData("/etc/hostname", "Invalid path: /etc/hostname. You can only work with files in /workspace.")]
    [InlineData("/workspaces/a.txt", "Invalid path: /workspaces/a.txt. You can only work with files in /workspace.")]
    [InlineData("out-relative", null)]
    [InlineData("out-absolute", null)]
    [InlineData("out-folder/outside.txt", null)]
    [InlineData("chain", null)]
    [InlineData("a\0b", "embedded null byte")]
    public async Task Find_PathThatLeadsOut_IsRefused(string path, string? words)
    {
        await MakeAsync();

        var result = _local.Tree.Find(path);

        result.Error!.Failure.Should().Be(WorkspaceFailure.Outside);
        result.Error.Message.Should().NotContain(_local.Folder.Root);
        if (words is not null)
        {
            result.Error.Message.Should().Be(words);
        }
    }

    [Fact]
    public async Task Find_EndlessPath_IsNotFound()
    {
        await MakeAsync();

        foreach (var path in new[] { new string('a', 300), new string('a', 10_000), string.Concat(Enumerable.Repeat("a/", 2_000)), "loop" })
        {
            var result = _local.Tree.Find(path);

            if (result.TryGet(out var entry, out var error))
            {
                entry.Kind.Should().Be(EntryKind.Missing);
                entry.Dispose();
            }
            else
            {
                error.Failure.Should().Be(WorkspaceFailure.NotFound);
            }
        }
    }

    private Task MakeAsync() => _local.Folder.ShellAsync(
        "echo x > ../outside.txt && echo a > a.txt && mkdir sub && echo b > sub/b.txt && ln -s sub/b.txt inside && ln -s sub folder"
        + " && ln -s /workspace/sub/b.txt mounted && ln -s sub/none.txt dangling && mkfifo pipe && ln -s ../outside.txt out-relative"
        + " && ln -s \"$(dirname \"$PWD\")/outside.txt\" out-absolute && ln -s .. out-folder && ln -s out-folder/outside.txt chain"
        + " && ln -s loop loop");
}
