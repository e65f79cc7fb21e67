namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// What a file system says about a file without reading it: when it differs, the file has changed. Equal stamps prove nothing while the
/// last change is so young that another may have the same time. Immutable.
/// </summary>
internal readonly record struct FileStamp(DateTime ModifiedAt, DateTime CreatedAt, long Length)
{
    // Longer than the steps in which any file system keeps its times.
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(2);

    /// <summary>Null when there is no file of that name.</summary>
    public static FileStamp? Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new FileStamp(file.LastWriteTimeUtc, file.CreationTimeUtc, file.Length) : null;
    }

    /// <summary>The file was last written so long before <paramref name="now"/> that its next change will show.</summary>
    public bool IsSettled(DateTimeOffset now) => now.UtcDateTime - ModifiedAt > s_settling;
}
