namespace Gateway.Conversations.Workspaces.Local;

/// <summary>
/// A repository below the workspace's root, every part of which lies below it too: a <c>.git</c> that leads out, or that borrows objects
/// from outside, is none. Immutable.
/// </summary>
/// <param name="Path">Its folder, relative to the root; empty for the root itself.</param>
/// <param name="Folder">Its folder on this machine, without links, as are the others.</param>
/// <param name="GitFolder">Where its own <c>HEAD</c> and index are.</param>
/// <param name="Objects">Where its objects are.</param>
/// <param name="ExcludesFile">What it ignores besides <c>.gitignore</c>.</param>
internal sealed record GitRepository(string Path, string Folder, string GitFolder, string Objects, string ExcludesFile)
{
    private const string GitName = ".git";
    private const int MaxFileBytes = 64 * 1_024;

    public string Index => $"{GitFolder}/index";

    /// <summary>The repository of a folder; null when it has none.</summary>
    /// <param name="path">Relative to the root, without links and dots.</param>
    public static GitRepository? Find(WorkspaceTree tree, string path)
    {
        if (FindGitFolder(tree, path) is not { } gitFolder)
        {
            return null;
        }

        // A further working folder of a repository has its own index, and shares the rest.
        var common = ReadText(tree, $"{gitFolder}/commondir") is { } shared
            ? FolderOrNull(tree, shared.Trim(), gitFolder)
            : gitFolder;
        if (common is null
            || FolderOrNull(tree, "objects", common) is not { } objects
            || BorrowsFromOutside(tree, objects))
        {
            return null;
        }

        using var root = tree.OpenRoot();
        var rootPath = NativeTree.PathOf(root);
        var excludes = $"{common}/info/exclude";
        return new GitRepository(
            path,
            Join(rootPath, path),
            Join(rootPath, gitFolder),
            Join(rootPath, objects),
            ReadText(tree, excludes) is null ? "/dev/null" : Join(rootPath, excludes));
    }

    private static string? FindGitFolder(WorkspaceTree tree, string path)
    {
        if (FolderOrNull(tree, GitName, path) is { } folder)
        {
            return folder;
        }

        const string Prefix = "gitdir: ";
        return ReadText(tree, $"{path}/{GitName}") is { } text
            && text.StartsWith(Prefix, StringComparison.Ordinal)
            ? FolderOrNull(tree, text[Prefix.Length..].Trim(), path)
            : null;
    }

    private static bool BorrowsFromOutside(WorkspaceTree tree, string objects)
    {
        if (!tree.FindWritten("info/alternates", objects).TryGet(out var entry, out _))
        {
            return true;
        }

        using (entry)
        {
            if (entry.Kind == EntryKind.Missing)
            {
                return false;
            }
        }

        return ReadText(tree, $"{objects}/info/alternates") is not { } text
            || text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Any(line => line[0] != '#' && FolderOrNull(tree, line, objects) is null);
    }

    private static string? FolderOrNull(WorkspaceTree tree, string written, string from)
    {
        if (!tree.FindWritten(written, from).TryGet(out var entry, out _))
        {
            return null;
        }

        using (entry)
        {
            return entry.Kind == EntryKind.Folder ? entry.Path : null;
        }
    }

    private static string? ReadText(WorkspaceTree tree, string path)
    {
        if (!tree.FindWritten(path, "").TryGet(out var entry, out _))
        {
            return null;
        }

        using (entry)
        {
            return entry.Kind == EntryKind.File && FileText.Read(entry, MaxFileBytes) is { } bytes
                ? FileText.Decode(bytes)
                : null;
        }
    }

    private static string Join(string folder, string path) => path.Length == 0 ? folder : $"{folder}/{path}";
}
