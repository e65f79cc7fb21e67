namespace Gateway.Conversations.Workspaces.Local;

/// <summary>
/// A copy of a repository's index, for a run of git that would write into the index: comparing files refreshes what the index says of
/// their times, under a lock that the workspace's owner would meet, and no setting of git's prevents it. Whoever made it disposes it; any
/// thread.
/// </summary>
internal sealed class GitIndexCopy : IDisposable
{
    // The index of a million files takes about half of it.
    private const long MaxBytes = 256 * 1_024 * 1_024;
    private const string IndexName = "index";

    private GitIndexCopy(string path) => Path = path;

    /// <summary>Where it is. Nothing is there when the repository has no index yet.</summary>
    public string Path { get; }

    /// <summary>
    /// Copies with the time of the last change, by which git knows the files that changed in the same moment as the index. Null when the
    /// index is no file, cannot be read or is too large. Blocks for as long as the disk takes.
    /// </summary>
    /// <param name="folder">Where the copy is made.</param>
    public static GitIndexCopy? Make(GitRepository repository, string folder)
    {
        var copy = new GitIndexCopy(System.IO.Path.Join(folder, $"{IndexName}-{Guid.NewGuid():N}"));
        try
        {
            using var gitFolder = NativeTree.OpenRoot(repository.GitFolder);
            using var index = NativeTree.OpenName(gitFolder, IndexName);
            if (index is null)
            {
                return copy;
            }

            if (NativeTree.KindOf(index) != EntryKind.File || NativeTree.SizeOf(index) > MaxBytes)
            {
                return null;
            }

            var source = NativeTree.MagicPathOf(index);
            File.Copy(source, copy.Path);
            File.SetLastWriteTimeUtc(copy.Path, File.GetLastWriteTimeUtc(source));
            return copy;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            copy.Dispose();
            return null;
        }
    }

    public void Dispose()
    {
        try
        {
            File.Delete(Path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It goes with its folder when the process ends.
        }
    }
}
