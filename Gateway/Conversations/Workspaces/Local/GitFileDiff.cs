namespace Gateway.Conversations.Workspaces.Local;

/// <summary>
/// One file then and now (PROTOCOL.md, "V0 workspace"): then is what the nearest repository around it is compared with. Used for one
/// answer.
/// </summary>
internal sealed class GitFileDiff(WorkspaceOptions options, WorkspaceTree tree, GitProgram git, WorkspaceCalls calls)
{
    // V0's limit for the file, and ours for what is compared with it.
    private const int MaxBytes = 1_024 * 1_024;
    private const int MaxOriginalBytes = 8 * MaxBytes;

    public async ValueTask<WorkspaceResult<GitDiff>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.GitTimeout);
        try
        {
            return await CompareAsync(path, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Error(WorkspaceFailure.Failed, path, "git did not answer in time.");
        }
    }

    private async ValueTask<WorkspaceResult<GitDiff>> CompareAsync(string path, CancellationToken cancellationToken)
    {
        var looked = await calls.RunAsync((Diff: this, Path: path), static look => look.Diff.LookAt(look.Path), cancellationToken);
        if (!looked.TryGet(out var file, out var error))
        {
            return error;
        }

        return await ReadOriginalAsync(file.Repository, file.Path, cancellationToken) switch
        {
            { IsSuccess: true } then when FileText.DecodeStrictly(then.Bytes) is { } original =>
                new GitDiff(FileText.JoinLines(file.Text ?? ""), FileText.Strip(original)),
            { IsSuccess: true } => Error(WorkspaceFailure.Binary, path, "What the file was is no UTF-8."),
            { Outcome: GitOutcome.TooMuch } => Error(WorkspaceFailure.TooLarge, path, "What the file was is too large."),
            { Outcome: GitOutcome.NoGit } => Error(WorkspaceFailure.NotAGitRepository, path, "no_repository"),
            _ when file.Text is { } added => new GitDiff(FileText.JoinLines(added), ""),
            _ => Error(WorkspaceFailure.NotFound, path, "No such file"),
        };
    }

    /// <summary>The file as it is now. Blocks for as long as the disk takes.</summary>
    private WorkspaceResult<FileNow> LookAt(string path)
    {
        // V0 puts the name between quotes.
        if (path.Length == 0 || path.Contains('"', StringComparison.Ordinal))
        {
            return Error(WorkspaceFailure.NotFound, path, "unexpected_path");
        }

        if (!tree.Find(path).TryGet(out var entry, out var error))
        {
            return error;
        }

        using (entry)
        {
            if (entry.Kind is EntryKind.Folder or EntryKind.Other)
            {
                return Error(WorkspaceFailure.NotAFile, path, "Is a directory");
            }

            var isThere = entry.Kind == EntryKind.File;
            var bytes = isThere ? FileText.Read(entry, MaxBytes) : [];
            if (bytes is null)
            {
                return Error(WorkspaceFailure.TooLarge, path, "file_to_large");
            }

            if (FileText.DecodeStrictly(bytes) is not { } text)
            {
                return Error(WorkspaceFailure.Binary, path, "The file is no UTF-8.");
            }

            return FindRepository(entry.Path) is { } repository
                ? new FileNow(entry.Path, isThere ? text : null, repository)
                : Error(WorkspaceFailure.NotAGitRepository, path, "no_repository");
        }
    }

    /// <summary>The nearest folder around the file, the root included, that has a repository.</summary>
    private GitRepository? FindRepository(string path)
    {
        for (var folder = path; folder.Length > 0;)
        {
            folder = folder.LastIndexOf('/') is var end and > 0 ? folder[..end] : "";
            if (GitRepository.Find(tree, folder) is { } repository)
            {
                return repository;
            }
        }

        return null;
    }

    private async ValueTask<GitOutput> ReadOriginalAsync(GitRepository repository, string path, CancellationToken cancellationToken)
    {
        var (compared, outcome) = await GitBase.FindAsync(git, repository, cancellationToken);
        if (compared?.Commit is not { } commit)
        {
            return new GitOutput(outcome == GitOutcome.Succeeded ? GitOutcome.Refused : outcome, []);
        }

        var name = repository.Path.Length == 0 ? path : path[(repository.Path.Length + 1)..];
        return await git.ReadFilesAsync(
            repository, compared.IsSha256, index: null, ["cat-file", "blob", $"{commit}:{name}"], MaxOriginalBytes, cancellationToken);
    }

    private WorkspaceError Error(WorkspaceFailure failure, string path, string message) => new(failure, tree.AnswerPath(path), message);

    /// <summary>A file that may be compared.</summary>
    /// <param name="Path">Relative to the root, without links and dots.</param>
    /// <param name="Text">Null when it is not there.</param>
    /// <param name="Repository">The nearest one around it.</param>
    private sealed record FileNow(string Path, string? Text, GitRepository Repository);
}
