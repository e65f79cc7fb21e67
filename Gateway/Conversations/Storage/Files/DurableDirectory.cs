namespace Gateway.Conversations.Storage.Files;

/// <summary>Makes directories that survive what the files in them survive. Thread-safe.</summary>
internal static class DurableDirectory
{
    /// <summary>
    /// Makes a directory, and those above it. A new directory is on disk only when the one that holds its name is, so with
    /// <see cref="Durability.Fsync"/> each of those is synced, from the topmost down.
    /// </summary>
    public static void Create(string directory, Durability durability)
    {
        if (durability != Durability.Fsync)
        {
            Directory.CreateDirectory(directory);
            return;
        }

        var missing = new Stack<string>();
        for (var current = directory; current is not null && !Directory.Exists(current); current = Path.GetDirectoryName(current))
        {
            missing.Push(current);
        }

        while (missing.TryPop(out var next))
        {
            Directory.CreateDirectory(next);
            if (Path.GetDirectoryName(next) is { } parent)
            {
                Sync(parent, durability);
            }
        }
    }

    /// <summary>Waits until the names in a directory are on disk, where the durability asks for it.</summary>
    public static void Sync(string directory, Durability durability)
    {
        if (durability == Durability.Fsync)
        {
            NativeFiles.SyncDirectory(directory);
        }
    }
}
