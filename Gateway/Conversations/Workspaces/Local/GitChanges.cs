using System.Text;

namespace Gateway.Conversations.Workspaces.Local;

/// <summary>
/// What differs in the repository of the workspace and in those of the folders directly in it (PROTOCOL.md, "V0 workspace"). Used for one
/// answer.
/// </summary>
internal sealed class GitChanges(WorkspaceOptions options, WorkspaceTree tree, GitProgram git, WorkspaceCalls calls)
{
    private const int MaxBytesForEntry = 256;
    private const int MaxRepositories = 100;

    private static readonly WorkspaceError s_noGit = new(WorkspaceFailure.NotAGitRepository, "", "Not a git repository");
    private static readonly WorkspaceError s_tooMany = new(WorkspaceFailure.TooLarge, "", "There are too many changes to show.");
    private static readonly WorkspaceError s_tooSlow = new(WorkspaceFailure.Failed, "", "git did not answer in time.");

    private readonly List<GitChange> _changes = [];

    private int MaxBytes => (int)Math.Min(int.MaxValue, (long)options.MaxEntries * MaxBytesForEntry);

    public async ValueTask<WorkspaceResult<IReadOnlyList<GitChange>>> ReadAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.GitTimeout);
        try
        {
            return await ReadAllAsync(limit.Token) is { } error
                ? error
                : WorkspaceResult.Of(_changes.OrderBy(static change => change.Path, StringComparer.Ordinal));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return s_tooSlow;
        }
    }

    private async ValueTask<WorkspaceError?> ReadAllAsync(CancellationToken cancellationToken)
    {
        var (root, inner) = await calls.RunAsync(
            tree, static tree => (GitRepository.Find(tree, ""), FindInner(tree)), cancellationToken);
        if (root is { } outer)
        {
            var outcome = await ReadOneAsync(outer, name => inner.Exists(repository => IsWithin(name, repository.Path)), cancellationToken);
            if (outcome != GitOutcome.Succeeded)
            {
                return outcome == GitOutcome.TooMuch ? s_tooMany : s_noGit;
            }
        }

        foreach (var repository in inner)
        {
            switch (await ReadOneAsync(repository, static _ => false, cancellationToken))
            {
                case GitOutcome.TooMuch:
                    return s_tooMany;
                case GitOutcome.NoGit:
                    return s_noGit;
                default:
                    // A damaged one must not hide the others.
                    break;
            }
        }

        return _changes.Count > options.MaxEntries ? s_tooMany : null;
    }

    private static List<GitRepository> FindInner(WorkspaceTree tree)
    {
        var repositories = new List<GitRepository>();
        using var root = tree.OpenRoot();

        // Hidden folders are not looked into, as with V0.
        foreach (var name in NativeTree.NamesIn(root).Where(static name => name[0] != '.').Order(StringComparer.Ordinal))
        {
            if (repositories.Count == MaxRepositories)
            {
                break;
            }

            if (IsFolder(root, name) && GitRepository.Find(tree, name) is { } repository)
            {
                repositories.Add(repository);
            }
        }

        return repositories;
    }

    // Links to folders are looked at where they lead to.
    private static bool IsFolder(Microsoft.Win32.SafeHandles.SafeFileHandle root, string name)
    {
        using var entry = NativeTree.OpenName(root, name);
        return entry is not null && NativeTree.KindOf(entry) == EntryKind.Folder;
    }

    private async ValueTask<GitOutcome> ReadOneAsync(
        GitRepository repository, Func<string, bool> isLeftOut, CancellationToken cancellationToken)
    {
        var (compared, outcome) = await GitBase.FindAsync(git, repository, cancellationToken);
        if (compared is null)
        {
            return outcome;
        }

        using var index = await calls.RunAsync(
            (Git: git, Repository: repository), static copy => copy.Git.CopyIndex(copy.Repository), cancellationToken);
        if (index is null)
        {
            return GitOutcome.Refused;
        }

        // A module's own state is its own repository's affair, and would be read under its own configuration.
        var tracked = await git.ReadFilesAsync(
            repository,
            compared.IsSha256,
            index,
            ["diff", "--name-status", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty", compared.Tree, "--"],
            MaxBytes,
            cancellationToken);
        if (!tracked.IsSuccess)
        {
            return tracked.Outcome;
        }

        var untracked = await git.ReadFilesAsync(
            repository, compared.IsSha256, index: null, ["ls-files", "-z", "--others", "--exclude-standard"], MaxBytes, cancellationToken);
        if (!untracked.IsSuccess)
        {
            return untracked.Outcome;
        }

        Add(repository, ParseTracked(tracked.Bytes), isLeftOut);
        Add(repository, Parts(untracked.Bytes).Select(static name => (GitChangeStatus.Added, name)), isLeftOut);
        return GitOutcome.Succeeded;
    }

    private void Add(
        GitRepository repository, IEnumerable<(GitChangeStatus Status, byte[] Name)> changes, Func<string, bool> isLeftOut)
    {
        var prefix = repository.Path.Length == 0 ? "" : $"{repository.Path}/";
        _changes.AddRange(changes
            .Where(change => !isLeftOut(Encoding.UTF8.GetString(change.Name)) && !IsOurs(change.Name))
            .Select(change => new GitChange(change.Status, prefix + GitQuoting.Quote(change.Name))));
    }

    private static List<(GitChangeStatus Status, byte[] Name)> ParseTracked(byte[] output)
    {
        // A file in a conflict is told twice, as unmerged and as changed: once is enough.
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var changes = new List<(GitChangeStatus Status, byte[] Name)>();
        using var parts = Parts(output).GetEnumerator();
        while (parts.MoveNext())
        {
            var letter = parts.Current is [var first, ..] ? (char)first : ' ';
            if (!parts.MoveNext())
            {
                break;
            }

            var status = letter switch
            {
                'A' => GitChangeStatus.Added,
                'D' => GitChangeStatus.Deleted,
                _ => GitChangeStatus.Modified,
            };
            if (seen.TryAdd(Convert.ToHexString(parts.Current), changes.Count))
            {
                changes.Add((status, parts.Current));
            }
        }

        return changes;
    }

    private static IEnumerable<byte[]> Parts(byte[] output)
    {
        for (int start = 0, end; start < output.Length && (end = Array.IndexOf(output, (byte)0, start)) >= 0; start = end + 1)
        {
            yield return output[start..end];
        }
    }

    private static bool IsOurs(byte[] name) => FileUpload.IsTemporary(Path.GetFileName(Encoding.UTF8.GetString(name)));

    private static bool IsWithin(string name, string folder) =>
        name == folder || name.StartsWith($"{folder}/", StringComparison.Ordinal);
}
