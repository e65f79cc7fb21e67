namespace Gateway.Conversations.Workspaces.Local;

/// <summary>
/// What a repository's files are compared with, by V0's rule (PROTOCOL.md, "V0 workspace"): the branch's own state at the remote, else the
/// point where the branch left the remote's default branch, else that branch, else nothing. Immutable.
/// </summary>
/// <param name="Commit">The commit; null: nothing, so that every file is new.</param>
/// <param name="IsSha256">How the repository names its objects.</param>
internal sealed record GitBase(string? Commit, bool IsSha256)
{
    private const string Heads = "refs/heads/";
    private const string Remote = "refs/remotes/origin/";
    private const string RemoteHead = Remote + "HEAD";
    private const int Sha256Length = 64;
    private const int MaxBytes = 16 * 1_024 * 1_024;

    // The names that git gives to a tree without anything in it.
    private const string EmptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    private const string EmptySha256Tree = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";

    /// <summary>What to compare with, when nothing is a tree as well.</summary>
    public string Tree => Commit ?? (IsSha256 ? EmptySha256Tree : EmptyTree);

    /// <summary>Null, with git's reason, when the repository cannot be read.</summary>
    /// <remarks>
    /// V0 asks the remote for the name of its default branch. Here nothing leaves the machine: the name is the one that a clone has kept,
    /// else <c>main</c> or <c>master</c>, else the only branch there is.
    /// </remarks>
    public static async ValueTask<(GitBase? Base, GitOutcome Outcome)> FindAsync(
        GitProgram git, GitRepository repository, CancellationToken cancellationToken)
    {
        var output = await git.ReadRefsAsync(
            repository,
            ["for-each-ref", "--format=%(HEAD) %(refname) %(objectname) %(symref)", Heads, Remote],
            MaxBytes,
            cancellationToken);
        if (!output.IsSuccess)
        {
            return (null, output.Outcome);
        }

        var refs = Parse(output.Text);
        var isSha256 = refs.Count > 0
            ? refs[0].Commit.Length == Sha256Length
            : await IsSha256Async(git, repository, cancellationToken);
        return (new GitBase(await ChooseAsync(git, repository, refs, cancellationToken), isSha256), GitOutcome.Succeeded);
    }

    private static async ValueTask<string?> ChooseAsync(
        GitProgram git, GitRepository repository, List<Ref> refs, CancellationToken cancellationToken)
    {
        var current = refs.Find(static name => name.IsHead)?.Name[Heads.Length..];
        if (current is not null && refs.Find(name => name.Name == Remote + current) is { } own)
        {
            return own.Commit;
        }

        if (DefaultBranch(refs) is not { } branch)
        {
            return null;
        }

        var output = await git.ReadRefsAsync(repository, ["merge-base", "HEAD", branch.Commit], MaxBytes, cancellationToken);
        if (!output.IsSuccess)
        {
            return branch.Commit;
        }

        // No branch is checked out: V0 calls it HEAD, and so takes the remote's where a clone has kept it.
        return current is null && refs.Find(static name => name.Name == RemoteHead) is { } head ? head.Commit : output.Text.Trim();
    }

    private static Ref? DefaultBranch(List<Ref> refs)
    {
        var branches = refs.FindAll(static name => name.Name.StartsWith(Remote, StringComparison.Ordinal) && name.Name != RemoteHead);
        return refs.Find(static name => name.Name == RemoteHead)
            ?? branches.Find(static name => name.Name == Remote + "main")
            ?? branches.Find(static name => name.Name == Remote + "master")
            ?? (branches.Count == 1 ? branches[0] : null);
    }

    private static async ValueTask<bool> IsSha256Async(GitProgram git, GitRepository repository, CancellationToken cancellationToken)
    {
        var output = await git.ReadRefsAsync(repository, ["rev-parse", "--show-object-format"], MaxBytes, cancellationToken);
        return output.IsSuccess && output.Text.Trim() == "sha256";
    }

    private static List<Ref> Parse(string text)
    {
        var refs = new List<Ref>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 2 && line[2..].Split(' ') is [var name, var commit, ..])
            {
                refs.Add(new Ref(line[0] == '*', name, commit));
            }
        }

        return refs;
    }

    private sealed record Ref(bool IsHead, string Name, string Commit);
}
