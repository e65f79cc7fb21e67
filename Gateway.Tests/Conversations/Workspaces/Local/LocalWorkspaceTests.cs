using System.IO.Compression;
using System.Text;

using Gateway.Conversations.Workspaces;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Workspaces.Local;

/// <summary>Files of a folder: read, listed, uploaded and packed, and nothing but files.</summary>
public sealed class LocalWorkspaceTests : IDisposable
{
    private readonly TestLocalWorkspace _local = new(static options => options.MaxTextBytes = 10_000);

    public void Dispose() => _local.Dispose();

    [Fact]
    public async Task ListFiles_Folder_IsItsNamesWithoutIgnoredOnes()
    {
        await _local.Folder.ShellAsync(
            "touch a.txt skip.log keep.log .hidden && mkdir sub dist && touch sub/b.txt sub/x.log dist/c"
            + " && printf '# comment\\n*.log\\n!keep.log\\n/a.txt\\ndist/\\n' > .gitignore");

        (await _local.ListAsync()).Should().Equal(
            "/workspace/.gitignore", "/workspace/.hidden", "/workspace/a.txt", "/workspace/dist", "/workspace/keep.log", "/workspace/sub");
        (await _local.ListAsync("sub")).Should().Equal("/workspace/sub/b.txt");
        (await _local.ListAsync("/workspace/sub/")).Should().Equal("/workspace/sub/b.txt");
        (await _local.ListAsync("dist")).Should().BeEmpty();
        (await _local.ListAsync("none")).Should().BeEmpty();
        (await _local.ListAsync("a.txt")).Should().BeEmpty();
    }

    [Fact]
    public async Task ListFiles_LinkToAFolderOutside_IsRefused()
    {
        await _local.Folder.ShellAsync("ln -s /etc etc");

        var result = await _local.Workspace.ListFilesAsync("etc", default);

        result.Error!.Failure.Should().Be(WorkspaceFailure.Outside);
    }

    [Theory]
    [InlineData("printf 'one\\r\\ntwo\\rthree\\n' > f", "one\ntwo\nthree\n")]
    [InlineData("printf '' > f", "")]
    [InlineData("printf 'caf\\303\\251' > f", "café")]
    [InlineData("printf 'caf\\351 is what this line is about' > f", "caf\ufffd is what this line is about")]
    public async Task ReadText_File_IsItsText(string make, string expected)
    {
        await _local.Folder.ShellAsync(make);

        TestLocalWorkspace.Value(await _local.Workspace.ReadTextAsync("f", default)).Should().Be(expected);
    }

    [Theory]
    [InlineData("true", "none", nameof(WorkspaceFailure.NotFound), "File not found: /workspace/none")]
    [InlineData("mkdir d", "d", nameof(WorkspaceFailure.NotAFile), "Cannot read directory: /workspace/d")]
    [InlineData("mkfifo p", "p", nameof(WorkspaceFailure.NotAFile), "Cannot read directory: /workspace/p")]
    [InlineData("printf 'a\\0b' > f", "f", nameof(WorkspaceFailure.Binary), "ERROR_BINARY_FILE")]
    [InlineData("head -c 100 /dev/zero | tr '\\0' '\\377' > f", "f", nameof(WorkspaceFailure.Binary), "ERROR_BINARY_FILE")]
    [InlineData("yes | head -c 10001 > f", "f", nameof(WorkspaceFailure.TooLarge), "File too large: /workspace/f")]
    [InlineData("ln -s /dev/zero z", "z", nameof(WorkspaceFailure.Outside), null)]
    [InlineData("ln -s /proc/self/environ e", "e", nameof(WorkspaceFailure.Outside), null)]
    public async Task ReadText_WhatIsNoText_IsRefusedAtOnce(string make, string path, string failure, string? words)
    {
        await _local.Folder.ShellAsync(make);

        var result = await _local.Workspace.ReadTextAsync(path, default).AsTask().WaitAsync(TestLimits.Step);

        result.Error!.Failure.ToString().Should().Be(failure);
        if (words is not null)
        {
            result.Error.Message.Should().Be(words);
        }
    }

    [Theory]
    [InlineData("up.bin", "/workspace/up.bin", "up.bin")]
    [InlineData("new/deep/up.bin", "/workspace/new/deep/up.bin", "new/deep/up.bin")]
    [InlineData("/workspace/up.bin", "/workspace/up.bin", "up.bin")]
    [InlineData("inner", "/workspace/inner", "old.bin")]
    [InlineData("naïve 名.bin", "/workspace/naïve 名.bin", "naïve 名.bin")]
    public async Task Upload_File_IsStoredByteForByte(string name, string answer, string stored)
    {
        byte[] content = [.. Enumerable.Range(0, 300_000).Select(static i => (byte)(i * 7))];
        await _local.Folder.ShellAsync("echo old > old.bin && chmod 755 old.bin && ln -s old.bin inner");

        TestLocalWorkspace.Value(await _local.UploadAsync(name, content)).Should().Be(answer);

        (await File.ReadAllBytesAsync(_local.Folder.PathOf(stored))).Should().Equal(content);
        Directory.GetFiles(_local.Folder.Root, ".gateway*", SearchOption.AllDirectories).Should().BeEmpty();
        await _local.Folder.ShellAsync("test -x old.bin");
    }

    [Theory]
    [InlineData("../out.txt", nameof(WorkspaceFailure.Outside))]
    [InlineData("/etc/out.txt", nameof(WorkspaceFailure.Outside))]
    [InlineData("away/out.txt", nameof(WorkspaceFailure.Outside))]
    [InlineData("link", nameof(WorkspaceFailure.Outside))]
    [InlineData("sub", nameof(WorkspaceFailure.NotAFile))]
    [InlineData("pipe", nameof(WorkspaceFailure.NotAFile))]
    [InlineData("a.txt/x", nameof(WorkspaceFailure.NotFound))]
    public async Task Upload_ToWhereNoFileGoes_IsRefused(string name, string failure)
    {
        await _local.Folder.ShellAsync(
            "echo a > a.txt && mkdir sub && mkfifo pipe && mkdir ../away && ln -s ../away away && ln -s ../away/new link");

        var result = await _local.UploadAsync(name, [1]).WaitAsync(TestLimits.Step);

        result.Error!.Failure.ToString().Should().Be(failure);
        Directory.GetFileSystemEntries(Path.Combine(_local.Folder.Outside, "away")).Should().BeEmpty();
    }

    [Fact]
    public async Task Upload_NameTooLongForADisk_IsRefused()
    {
        var result = await _local.UploadAsync(new string('n', 256), [1]);

        result.Error!.Failure.Should().Be(WorkspaceFailure.Failed);
        Directory.GetFileSystemEntries(_local.Folder.Root).Should().BeEmpty();
    }

    [Fact]
    public async Task Upload_ThatBreaksOff_LeavesNothing()
    {
        await _local.Folder.ShellAsync("echo old > a.txt");
        await using var content = new BreakingStream();

        var upload = async () => await _local.Workspace.UploadAsync("a.txt", content, default);

        await upload.Should().ThrowAsync<IOException>();
        Directory.GetFileSystemEntries(_local.Folder.Root).Should().Equal(_local.Folder.PathOf("a.txt"));
        (await File.ReadAllTextAsync(_local.Folder.PathOf("a.txt"))).Should().Be("old\n");
    }

    [Fact]
    public async Task Archive_Folder_HoldsItsFilesAlone()
    {
        await _local.Folder.ShellAsync(
            "echo secret > ../secret && mkdir -p sub/deep empty && echo a > a.txt && echo b > sub/deep/b.txt && ln -s ../secret out"
            + " && ln -s a.txt in && ln -s /etc etc && mkfifo pipe && touch .gateway-upload-1.tmp && echo n > 'naïve 名.txt'");

        await using var archive = TestLocalWorkspace.Value(await _local.Workspace.OpenArchiveAsync(default));
        using var bytes = new MemoryStream();
        await archive.WriteAsync(bytes, default).WaitAsync(TestLimits.Step);

        using var zip = new ZipArchive(bytes);
        zip.Entries.Select(static entry => entry.FullName).Should().BeEquivalentTo("a.txt", "sub/deep/b.txt", "naïve 名.txt");
        using var text = new StreamReader(zip.GetEntry("sub/deep/b.txt")!.Open(), Encoding.UTF8);
        (await text.ReadToEndAsync()).Should().Be("b\n");
    }

    [Fact]
    public async Task Archive_TooLargeAFolder_IsRefusedBeforeItsFirstByte()
    {
        using var local = new TestLocalWorkspace(static options => options.MaxArchiveBytes = 1_024);
        await local.Folder.ShellAsync("head -c 1000 /dev/zero > a && head -c 1000 /dev/zero > b");

        var result = await local.Workspace.OpenArchiveAsync(default);

        result.Error!.Failure.Should().Be(WorkspaceFailure.TooLarge);
    }

    [Fact]
    public async Task Microagents_OfTheWorkspace_AreReadWithTheirFields()
    {
        await _local.Folder.ShellAsync(
            "mkdir -p .openhands/microagents/team && cd .openhands/microagents"
            + " && printf -- '---\\ntriggers:\\n- invoice\\n- \"v a t\"\\n---\\n\\nInvoices.\\n' > billing.md"
            + " && printf 'Plain.\\n' > team/plain.md && printf 'no' > README.md && printf 'no' > notes.txt"
            + " && printf -- '---\\nname: x\\ninputs:\\n  - name: who\\n    description: \"Whom?\"\\ntriggers: [/greet]\\n---\\nGreet.'"
            + " > greet.md"
            + " && ln -s /etc/passwd out.md");

        var microagents = TestLocalWorkspace.Value(await _local.Workspace.GetMicroagentsAsync(default));

        microagents.Select(static microagent => $"{microagent.Type} {microagent.Name}: {microagent.Content}").Should().Equal(
            "repo team/plain: Plain.", "knowledge billing: Invoices.", "knowledge greet: Greet.");
        microagents[1].Triggers.Should().Equal("invoice", "v a t");
        microagents[2].Triggers.Should().Equal("/greet");
        microagents[2].Inputs.Should().Equal(new MicroagentInput("who", "Whom?"));
    }

    /// <summary>Gives some bytes, and then fails as a connection that is cut.</summary>
    private sealed class BreakingStream : MemoryStream
    {
        private bool _hasGiven;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_hasGiven)
            {
                throw new IOException("cut");
            }

            _hasGiven = true;
            return new ValueTask<int>(buffer.Length);
        }
    }
}
