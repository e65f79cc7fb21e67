namespace Gateway.Conversations.Storage.Files;

/// <summary>What came of reading a file.</summary>
internal enum FileRead
{
    Done,
    Missing,
    TooLarge,
    AccessDenied,
}

/// <summary>Reads whole files into pooled bytes. Stateless.</summary>
internal static class FileBytes
{
    /// <summary>Appends a whole file, unless it cannot be opened or is longer than <paramref name="maxLength"/>.</summary>
    public static FileRead AppendFile(this PooledBytes bytes, string path, long maxLength = long.MaxValue)
    {
        var opened = NativeFiles.TryOpenRead(path, out var file);
        if (file is null)
        {
            return opened is FileOpen.Missing ? FileRead.Missing : FileRead.AccessDenied;
        }

        using (file)
        {
            var length = RandomAccess.GetLength(file);
            if (length > maxLength)
            {
                return FileRead.TooLarge;
            }

            var room = bytes.GetSegment((int)Math.Min(length, int.MaxValue)).AsSpan();
            var done = 0;
            while (done < room.Length && RandomAccess.Read(file, room[done..], done) is > 0 and var read)
            {
                done += read;
            }

            bytes.Advance(done);
            return FileRead.Done;
        }
    }
}
