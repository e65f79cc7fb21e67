namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// Writes files that are whole or absent, whatever kills the process: a temporary file in the same directory, then one step of the
/// file system that gives it its name. Thread-safe.
/// </summary>
internal static class AtomicFile
{
    /// <summary>
    /// Temporary files are <c>.{something}.tmp</c>. V0 takes the text before a name's first dot for an event's number; here there is none.
    /// </summary>
    public const string TemporarySuffix = ".tmp";

    private static readonly string s_prefix = $".{Guid.NewGuid():N}-";
    private static long s_count;

    /// <summary>
    /// Writes a new file, whose directory is made where it is missing. False when <paramref name="path"/> is taken: that file stays as it
    /// is. Throws <see cref="StorageFailure.Unknown"/> when the file has its name and its directory cannot be synced; all else that is
    /// thrown says that there is no file.
    /// </summary>
    public static bool TryCreate(string directory, string path, ReadOnlySpan<byte> content, Durability durability)
    {
        var temporary = WriteTemporaryMakingDirectory(directory, content, durability);
        var isMoved = false;
        try
        {
            isMoved = NativeFiles.TryMoveToFreeName(temporary, path);
        }
        finally
        {
            if (!isMoved)
            {
                TryDelete(temporary);
            }
        }

        if (isMoved)
        {
            SyncName(directory, durability);
        }

        return isMoved;
    }

    /// <summary>Writes a file anew, in place of what was there. Its directory is made where it is missing.</summary>
    public static void Replace(string directory, string path, ReadOnlySpan<byte> content, Durability durability)
    {
        var temporary = WriteTemporaryMakingDirectory(directory, content, durability);
        try
        {
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }

        DurableDirectory.Sync(directory, durability);
    }

    public static bool IsTemporary(ReadOnlySpan<char> fileName) => fileName is ['.', ..] && fileName.EndsWith(TemporarySuffix);

    private static void SyncName(string directory, Durability durability)
    {
        try
        {
            DurableDirectory.Sync(directory, durability);
        }
        catch (IOException exception)
        {
            throw new StorageException(StorageFailure.Unknown, "it is written, and may not outlive a crash of the machine", exception);
        }
    }

    /// <summary>Looks for the directory only when it turns out to be missing: nearly every write finds it.</summary>
    private static string WriteTemporaryMakingDirectory(string directory, ReadOnlySpan<byte> content, Durability durability)
    {
        try
        {
            return WriteTemporary(directory, content, durability);
        }
        catch (Exception exception) when (exception is DirectoryNotFoundException or FileNotFoundException)
        {
            // Of a new file the latter says that its directory was missing as well, and has been made by somebody else since.
            DurableDirectory.Create(directory, durability);
            return WriteTemporary(directory, content, durability);
        }
    }

    private static string WriteTemporary(string directory, ReadOnlySpan<byte> content, Durability durability)
    {
        var temporary = Path.Join(directory, $"{s_prefix}{Interlocked.Increment(ref s_count):x}{TemporarySuffix}");

        // Shared for all: this name is nobody else's, and the lock that less sharing takes costs a system call.
        using var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            RandomAccess.Write(file, content, 0);
            if (durability == Durability.Fsync)
            {
                RandomAccess.FlushToDisk(file);
            }
        }
        catch
        {
            // A full disk, most likely: leave no half file behind.
            TryDelete(temporary);
            throw;
        }

        return temporary;
    }

    /// <summary>Deletes a file if that can be done.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The first error is the one to report; the next opening of the log clears such files away.
        }
    }
}
