namespace Gateway.Conversations.Workspaces.Local;

/// <summary>
/// The workspace in a folder of this machine, one for all conversations as with V0. Nothing outside of it is read or written, whatever
/// paths and links say, and nothing but files and folders is opened. What waits for the files waits on other threads, within a time limit:
/// a folder on a mount that hangs harms nobody else. Stateless; any thread.
/// </summary>
internal sealed class LocalWorkspace(WorkspaceOptions options, WorkspaceTree tree, GitProgram git, WorkspaceCalls calls) : IWorkspace
{
    private const string IgnoreFile = ".gitignore";
    private const int MaxIgnoreBytes = 256 * 1_024;
    private const int UploadBlockBytes = 64 * 1_024;

    public ValueTask<WorkspaceResult<IReadOnlyList<string>>> ListFilesAsync(string? path, CancellationToken cancellationToken) =>
        RunAsync((Workspace: this, Path: path), static list => list.Workspace.ListFiles(list.Path ?? ""), cancellationToken);

    public ValueTask<WorkspaceResult<string>> ReadTextAsync(string path, CancellationToken cancellationToken) =>
        RunAsync((Workspace: this, Path: path), static read => read.Workspace.ReadText(read.Path), cancellationToken);

    public ValueTask<WorkspaceResult<WorkspaceArchive>> OpenArchiveAsync(CancellationToken cancellationToken) =>
        WorkspaceCalls.InTimeAsync(() => FolderArchive.OpenAsync(tree, options, calls, cancellationToken));

    public ValueTask<WorkspaceResult<string>> UploadAsync(string name, Stream content, CancellationToken cancellationToken) =>
        WorkspaceCalls.InTimeAsync(() => StoreAsync(name, content, cancellationToken));

    public ValueTask<WorkspaceResult<IReadOnlyList<GitChange>>> GetChangesAsync(CancellationToken cancellationToken) =>
        WorkspaceCalls.InTimeAsync(() => new GitChanges(options, tree, git, calls).ReadAsync(cancellationToken));

    public ValueTask<WorkspaceResult<GitDiff>> GetDiffAsync(string path, CancellationToken cancellationToken) =>
        WorkspaceCalls.InTimeAsync(() => new GitFileDiff(options, tree, git, calls).ReadAsync(path, cancellationToken));

    public ValueTask<WorkspaceResult<string?>> GetEditorUrlAsync(CancellationToken cancellationToken) =>
        new(new WorkspaceError(WorkspaceFailure.Unsupported, "", "The workspace has no editor."));

    public ValueTask<WorkspaceResult<IReadOnlyList<Microagent>>> GetMicroagentsAsync(CancellationToken cancellationToken) =>
        RunAsync(tree, MicroagentFiles.Read, cancellationToken);

    private ValueTask<WorkspaceResult<T>> RunAsync<TState, T>(
        TState state, Func<TState, WorkspaceResult<T>> call, CancellationToken cancellationToken) =>
        WorkspaceCalls.InTimeAsync(() => calls.RunAsync(state, call, cancellationToken));

    private WorkspaceResult<IReadOnlyList<string>> ListFiles(string path)
    {
        var found = tree.Find(path);
        if (!found.TryGet(out var entry, out var error))
        {
            return error.Failure == WorkspaceFailure.NotFound ? WorkspaceResult.Of<string>([]) : error;
        }

        using (entry)
        {
            if (entry.Kind != EntryKind.Folder)
            {
                return WorkspaceResult.Of<string>([]);
            }

            var prefix = tree.AnswerPath(entry.Path).TrimEnd('/');
            var names = NativeTree.NamesIn(entry.Folder).Where(static name => !FileUpload.IsTemporary(name)).Take(options.MaxEntries + 1)
                .Select(name => $"{prefix}/{name}")
                .ToList();
            if (names.Count > options.MaxEntries)
            {
                return new WorkspaceError(WorkspaceFailure.TooLarge, prefix, $"Too many files: {prefix}");
            }

            var ignored = ReadIgnored();
            return WorkspaceResult.Of(names.Where(name => !ignored.Matches(name)).Order(StringComparer.Ordinal));
        }
    }

    private WorkspaceResult<string> ReadText(string path)
    {
        var found = tree.Find(path);
        if (!found.TryGet(out var entry, out var error))
        {
            return error;
        }

        using (entry)
        {
            var answerPath = tree.AnswerPath(path);
            if (entry.Kind != EntryKind.File)
            {
                return entry.Kind == EntryKind.Missing
                    ? new WorkspaceError(WorkspaceFailure.NotFound, answerPath, $"File not found: {answerPath}")
                    : new WorkspaceError(WorkspaceFailure.NotAFile, answerPath, $"Cannot read directory: {answerPath}");
            }

            try
            {
                if (FileText.Read(entry, options.MaxTextBytes) is not { } bytes)
                {
                    return new WorkspaceError(WorkspaceFailure.TooLarge, answerPath, $"File too large: {answerPath}");
                }

                return FileText.IsBinary(bytes)
                    ? new WorkspaceError(WorkspaceFailure.Binary, answerPath, "ERROR_BINARY_FILE")
                    : FileText.WithLineFeeds(FileText.Decode(bytes));
            }
            catch (UnauthorizedAccessException)
            {
                return new WorkspaceError(WorkspaceFailure.Failed, answerPath, $"Error reading file {answerPath}: Permission denied");
            }
        }
    }

    private async ValueTask<WorkspaceResult<string>> StoreAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        if (name.Length == 0)
        {
            // As V0: a file without a name is said to be taken, and is nowhere.
            await content.CopyToAsync(Stream.Null, cancellationToken);
            return tree.AnswerPath(name);
        }

        var upload = new FileUpload(tree, name);
        try
        {
            return await StoreAsync(upload, content, cancellationToken) is { } error ? error : upload.Path;
        }
        finally
        {
            await calls.DisposeAsync(upload);
        }
    }

    private async ValueTask<WorkspaceError?> StoreAsync(FileUpload upload, Stream content, CancellationToken cancellationToken)
    {
        var error = await calls.RunAsync(upload, static upload => upload.Open(), cancellationToken);
        var block = new byte[UploadBlockBytes];
        for (int read; error is null && (read = await content.ReadAsync(block, cancellationToken)) > 0;)
        {
            error = await calls.RunAsync(
                (Upload: upload, Block: block.AsMemory(0, read)), static write => write.Upload.Write(write.Block.Span), cancellationToken);
        }

        return error ?? await calls.RunAsync(upload, static upload => upload.Finish(), cancellationToken);
    }

    private IgnoreRules ReadIgnored()
    {
        if (!tree.Find(IgnoreFile).TryGet(out var entry, out _))
        {
            return IgnoreRules.None;
        }

        using (entry)
        {
            return entry.Kind == EntryKind.File && FileText.Read(entry, MaxIgnoreBytes) is { } bytes
                ? IgnoreRules.Parse(FileText.Decode(bytes))
                : IgnoreRules.None;
        }
    }
}
