using System.Globalization;

using Gateway.Conversations.Workspaces;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Workspaces.Local;

/// <summary>Changes and differences by git, as V0 tells them, of repositories that a stranger has made.</summary>
public sealed class GitWorkspaceTests : IDisposable
{
    private const string First = "git init -q -b main . && printf 'one\\ntwo\\n' > a.txt && git add -A && git commit -qm first";
    private const string Pushed = First + " && git init -q --bare -b main ../origin.git && git remote add origin ../origin.git"
        + " && git push -q origin main";

    private readonly TestLocalWorkspace _local = new();

    public void Dispose() => _local.Dispose();

    [Theory]
    [InlineData("true", "")]
    [InlineData("git init -q -b main . && touch a.txt", "A:a.txt")]
    [InlineData(First, "A:a.txt")]
    [InlineData(Pushed, "")]
    [InlineData(Pushed + " && echo x > a.txt && git commit -qam second", "M:a.txt")]
    [InlineData(Pushed + " && git mv a.txt b.txt", "D:a.txt A:b.txt")]
    [InlineData(Pushed + " && rm a.txt && ln -s b a.txt", "M:a.txt")]
    [InlineData(Pushed + " && echo x > 'two words.txt' && git add -A && git commit -qm x && echo y > 'two words.txt'", "A:two words.txt")]
    [InlineData(Pushed + " && git checkout -qb topic && touch b && git add b && git commit -qm b && git checkout -q main"
        + " && touch c && git add c && git commit -qm c && git push -q origin main && git checkout -q topic", "A:b")]
    [InlineData(Pushed + " && git checkout -q --orphan other && git commit -qm other && touch b", "A:b")]
    [InlineData(Pushed + " && git remote rename origin upstream", "A:a.txt")]
    [InlineData(Pushed + " && touch 'caf\u00e9' 'q\"' && printf 'n\\n' > $'line\\nbreak'",
        "A:\"caf\\303\\251\" A:\"line\\nbreak\" A:\"q\\\"\"")]
    [InlineData(Pushed + " && git checkout -qb side && echo s > a.txt && git commit -qam s && git checkout -q main && echo m > a.txt"
        + " && git commit -qam m && ! git merge -q side", "M:a.txt")]
    [InlineData(Pushed + " && printf 'skip\\n' > .git/info/exclude && touch skip keep", "A:keep")]
    [InlineData("git init -q --object-format=sha256 -b main . && touch a && git add a && git commit -qm a", "A:a")]
    [InlineData("mkdir shop subway .cache && for d in shop .cache; do (cd $d && git init -q . && touch x); done", "A:shop/x")]
    [InlineData(First + " && mkdir shop && (cd shop && git init -q . && touch x) && touch shop.txt", "A:a.txt A:shop.txt A:shop/x")]
    [InlineData(
        "git init -q -b main src && cd src && touch a && git add a && git commit -qm a && git worktree add -q ../tree && touch ../tree/b",
        "A:src/a A:tree/a A:tree/b")]
    public async Task Changes_OfARepository_AreV0s(string make, string expected)
    {
        await _local.Folder.ShellAsync(make);

        (await _local.ChangesAsync()).Should().Be(expected);
    }

    [Theory]
    [InlineData(Pushed + " && printf 'x\\r\\ny\\n\\n' > a.txt", "a.txt", "x\ny\n", "one\ntwo")]
    [InlineData(Pushed + " && rm a.txt", "a.txt", "", "one\ntwo")]
    [InlineData(Pushed + " && git rm -q a.txt && git commit -qm gone", "a.txt", "", "one\ntwo")]
    [InlineData(Pushed + " && mkdir d && git mv a.txt d/ && git commit -qm m && rm -r d", "/workspace/a.txt", "", "one\ntwo")]
    [InlineData(Pushed + " && mkdir sub && cd sub && git init -q . && echo f > f", "sub/f", "f", "")]
    [InlineData(Pushed + " && ln -s a.txt link", "link", "one\ntwo", "one\ntwo")]
    [InlineData(Pushed + " && printf 'a\\fb\\n' > a.txt", "a.txt", "a\nb", "one\ntwo")]
    [InlineData(First + " && echo x >> a.txt", "a.txt", "one\ntwo\nx", "")]
    public async Task Diff_OfAFile_IsV0s(string make, string path, string modified, string original)
    {
        await _local.Folder.ShellAsync(make);

        TestLocalWorkspace.Value(await _local.Workspace.GetDiffAsync(path, default)).Should().Be(new GitDiff(modified, original));
    }

    [Theory]
    [InlineData("a.txt", nameof(WorkspaceFailure.NotAGitRepository), "echo x > a.txt")]
    [InlineData("none", nameof(WorkspaceFailure.NotFound), Pushed)]
    [InlineData("", nameof(WorkspaceFailure.NotFound), Pushed)]
    [InlineData("d", nameof(WorkspaceFailure.NotAFile), Pushed + " && mkdir d")]
    [InlineData("q\".txt", nameof(WorkspaceFailure.NotFound), Pushed + " && touch 'q\".txt'")]
    [InlineData("b", nameof(WorkspaceFailure.Binary), Pushed + " && printf '\\377' > b")]
    [InlineData("b", nameof(WorkspaceFailure.TooLarge), Pushed + " && yes | head -c 1048577 > b")]
    [InlineData("../out", nameof(WorkspaceFailure.Outside), Pushed + " && touch ../out")]
    [InlineData("link", nameof(WorkspaceFailure.Outside), Pushed + " && ln -s /etc/hostname link")]
    [InlineData("pipe", nameof(WorkspaceFailure.NotAFile), Pushed + " && mkfifo pipe")]
    public async Task Diff_OfWhatCannotBeShown_IsRefused(string path, string failure, string make)
    {
        await _local.Folder.ShellAsync(make);

        var result = await _local.Workspace.GetDiffAsync(path, default).AsTask().WaitAsync(TestLimits.Step);

        result.Error!.Failure.ToString().Should().Be(failure);
    }

    [Theory]
    [InlineData("git config core.fsmonitor '{0}'")]
    [InlineData("git config diff.external '{0}'")]
    [InlineData("git config diff.x.textconv '{0}' && echo '* diff=x' > .gitattributes")]
    [InlineData("git config filter.x.clean '{0}' && git config filter.x.smudge '{0}' && echo '* filter=x' > .gitattributes")]
    [InlineData("git config filter.x.process '{0}' && echo '* filter=x' > .gitattributes")]
    [InlineData("git config core.pager '{0}' && git config pager.diff true && git config pager.for-each-ref true")]
    [InlineData("git config remote.origin.url 'ext::{0}' && git config protocol.ext.allow always")]
    [InlineData("git config remote.origin.url 'ext::{0}' && git config protocol.ext.allow always && git config remote.origin.promisor true"
        + " && git config extensions.partialClone origin && git config core.repositoryformatversion 1"
        + " && for f in .git/objects/??/*; do echo $f; done | head -1 | xargs rm -f")]
    [InlineData("printf '[include]\\n\\tpath = evil\\n' >> .git/config && printf '[core]\\n\\tfsmonitor = {0}\\n' > .git/evil")]
    [InlineData("mkdir -p .git/hooks && for h in post-index-change post-checkout pre-commit fsmonitor-watchman; do"
        + " printf '#!/bin/sh\\n{0}\\n' > .git/hooks/$h; chmod +x .git/hooks/$h; done")]
    [InlineData("git init -q module && (cd module && touch m && git add m && git commit -qm m)"
        + " && git -c protocol.file.allow=always submodule --quiet add ./module mod"
        + " && git -C mod config core.fsmonitor '{0}' && echo x > mod/m")]
    public async Task Changes_OfARepositoryThatNamesPrograms_RunNoneOfThem(string configure)
    {
        // A clone, so that the harmless commands of the preparation do not run what they prepare.
        await _local.Folder.ShellAsync(Pushed + " && echo x > a.txt");
        var mark = Path.Combine(_local.Folder.Outside, "ran");
        var evil = Path.Combine(_local.Folder.Outside, "evil.sh");
        await _local.Folder.ShellAsync($"printf '#!/bin/sh\\ntouch {mark}\\ncat\\n' > {evil} && chmod +x {evil}");
        await _local.Folder.ShellAsync(string.Format(CultureInfo.InvariantCulture, configure, evil) + $"; rm -f {mark}; touch a.txt");

        await _local.Workspace.GetChangesAsync(default).AsTask().WaitAsync(TestLimits.Step);
        await _local.Workspace.GetDiffAsync("a.txt", default).AsTask().WaitAsync(TestLimits.Step);

        File.Exists(mark).Should().BeFalse("the workspace's own configuration must run nothing on this machine");
    }

    [Theory]
    [InlineData("ln -s ../other/.git .git")]
    [InlineData("printf 'gitdir: ../other/.git\\n' > .git")]
    [InlineData("printf \"gitdir: $(cd ../other/.git && pwd)\\n\" > .git")]
    [InlineData("git init -q . && rm -rf .git/objects && ln -s ../../other/.git/objects .git/objects")]
    [InlineData("git init -q . && (cd ../other/.git/objects && pwd) > .git/objects/info/alternates")]
    [InlineData("git init -q . && printf '../../../other/.git/objects\\n' > .git/objects/info/alternates")]
    [InlineData("git init -q . && printf '../../other/.git\\n' > .git/commondir")]
    [InlineData("cp -r ../other/.git/. git && rm -rf git/objects && ln -s ../../other/.git/objects git/objects"
        + " && printf 'gitdir: git\\n' > .git")]
    public async Task Repository_ThatLiesOutside_IsNone(string make)
    {
        await _local.Folder.ShellAsync(
            "git init -q ../other && cd ../other && echo secret > secret.txt && git add -A && git commit -qm s"
            + " && git update-ref refs/remotes/origin/main HEAD && cd ../workspace && " + make);

        (await _local.ChangesAsync()).Should().NotContain("secret");
        var diff = await _local.Workspace.GetDiffAsync("secret.txt", default);
        diff.Error!.Failure.Should().BeOneOf(WorkspaceFailure.NotAGitRepository, WorkspaceFailure.NotFound);
    }

    [Theory]
    [InlineData("git init -q . && rm .git/HEAD")]
    [InlineData("mkdir .git")]
    [InlineData("touch .git")]
    [InlineData("mkfifo .git")]
    [InlineData("git init -q . && rm .git/HEAD && mkfifo .git/HEAD")]
    [InlineData(First + " && printf 'garbage' > .git/index")]
    [InlineData(First + " && printf '[' > .git/config")]
    public async Task Changes_OfADamagedRepository_EndInTime(string make)
    {
        using var local = new TestLocalWorkspace(static options => options.GitTimeout = TimeSpan.FromSeconds(2));
        await local.Folder.ShellAsync(make);

        var result = await local.Workspace.GetChangesAsync(default).AsTask().WaitAsync(TestLimits.Step);

        (result.Error?.Failure is null or WorkspaceFailure.NotAGitRepository or WorkspaceFailure.Failed).Should().BeTrue();
    }

    [Fact]
    public async Task Changes_InAHugeFolder_AreTooManyToShow()
    {
        using var local = new TestLocalWorkspace(static options => options.MaxEntries = 100);
        await local.Folder.ShellAsync("git init -q . && for i in $(seq 200); do : > file-$i; done");

        var result = await local.Workspace.GetChangesAsync(default);

        result.Error!.Failure.Should().Be(WorkspaceFailure.TooLarge);
    }

    [Fact]
    public async Task Changes_WithoutAGitProgram_AreThoseOfNoRepository()
    {
        using var local = new TestLocalWorkspace(static options => options.GitProgram = "/nonexistent/git");
        await local.Folder.ShellAsync(First);

        (await local.Workspace.GetChangesAsync(default)).Error!.Failure.Should().Be(WorkspaceFailure.NotAGitRepository);
        (await local.Workspace.GetDiffAsync("a.txt", default)).Error!.Failure.Should().Be(WorkspaceFailure.NotAGitRepository);
    }

    [Fact]
    public async Task Changes_Read_WriteNothing()
    {
        await _local.Folder.ShellAsync(Pushed + " && touch -d '2020-01-01' a.txt && find .git -type f | sort | xargs md5sum > ../before");

        await _local.ChangesAsync();
        await _local.Workspace.GetDiffAsync("a.txt", default);

        await _local.Folder.ShellAsync("find .git -type f | sort | xargs md5sum | diff - ../before >&2");
    }
}
