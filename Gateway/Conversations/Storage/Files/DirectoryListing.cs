using System.IO.Enumeration;

namespace Gateway.Conversations.Storage.Files;

/// <summary>Reads a directory in one pass: the ids that its names say, and what crashes left. Thread-safe.</summary>
internal static class DirectoryListing
{
    /// <summary>.NET passes over names with a leading dot, and over directories it may not read, unless told not to.</summary>
    private static readonly EnumerationOptions s_everything = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };

    /// <summary>
    /// The ids, in the directory's own order, as they are read; none when it does not exist. A directory that may not be listed, or whose
    /// files may not be opened by name, throws <see cref="StorageException"/>: it would look empty. Temporary files older than
    /// <paramref name="removeOlderThan"/> are deleted where that can be done.
    /// </summary>
    public static IEnumerable<int> Ids(string directory, Func<ReadOnlySpan<char>, int> parse, DateTimeOffset? removeOlderThan) =>
        CanList(directory)
            ? new FileSystemEnumerable<int>(directory, (ref entry) => Visit(ref entry, parse, removeOlderThan), s_everything)
                .Where(static id => id >= 0)
            : [];

    /// <summary>
    /// What a directory holds but for temporary files, in its own order; nothing when it does not exist. Throws as <see cref="Ids"/>.
    /// </summary>
    public static IEnumerable<(string Name, bool IsFolder)> Entries(string directory) => CanList(directory)
        ? new FileSystemEnumerable<(string, bool)>(
            directory, static (ref entry) => (entry.FileName.ToString(), entry.IsDirectory), s_everything)
        {
            ShouldIncludePredicate = static (ref entry) => !AtomicFile.IsTemporary(entry.FileName),
        }
        : [];

    /// <summary>Only deletes what crashes left.</summary>
    public static void Clean(string directory, DateTimeOffset removeOlderThan) =>
        _ = Ids(directory, static _ => ConversationPaths.NoId, removeOlderThan).Count();

    /// <summary>False when there is no such directory.</summary>
    public static bool CanList(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return Directory.Exists(directory);
        }

        // Opening "." within it takes both the right to list it and the right to open what it lists.
        var opened = NativeFiles.TryOpenRead(Path.Join(directory, "."), out var handle);
        handle?.Dispose();
        return opened switch
        {
            FileOpen.Opened => true,
            FileOpen.Missing => false,
            _ => throw new StorageException(StorageFailure.AccessDenied, "access to the store was denied"),
        };
    }

    private static int Visit(ref FileSystemEntry entry, Func<ReadOnlySpan<char>, int> parse, DateTimeOffset? removeOlderThan)
    {
        if (!AtomicFile.IsTemporary(entry.FileName))
        {
            return parse(entry.FileName);
        }

        if (entry.LastWriteTimeUtc < removeOlderThan)
        {
            AtomicFile.TryDelete(entry.ToFullPath());
        }

        return -1;
    }
}
