namespace Gateway.Tools.Import;

/// <summary>
/// A folder that is there whole or not at all: it is built beside its place, and moved. Disposing it takes away what was not moved. Owned
/// by one writer.
/// </summary>
internal sealed class NewFolder : IDisposable
{
    private readonly string _place;

    private NewFolder(string place)
    {
        _place = place;
        Building = place + ".tmp";
    }

    /// <summary>Where its content is written; made by who writes.</summary>
    public string Building { get; }

    /// <summary>What an earlier process left half-built is taken away.</summary>
    public static NewFolder At(string place)
    {
        var folder = new NewFolder(Path.TrimEndingDirectorySeparator(place));
        folder.Clear();
        Directory.CreateDirectory(folder.Building);
        return folder;
    }

    /// <summary>Whether nothing stands in the place but, at most, an empty folder.</summary>
    public static bool IsFree(string place) =>
        !File.Exists(place) && (!Directory.Exists(place) || !Directory.EnumerateFileSystemEntries(place).Any());

    /// <summary>Why no folder can be made there, before the work begins; null when it can.</summary>
    public static string? FindProblem(string place)
    {
        try
        {
            using (At(place))
            {
                return null;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message.ReplaceLineEndings(" ");
        }
    }

    /// <summary>Throws <see cref="IOException"/> where the place is not free (<see cref="IsFree"/>).</summary>
    public void Move()
    {
        if (Directory.Exists(_place))
        {
            Directory.Delete(_place);
        }

        Directory.Move(Building, _place);
    }

    public void Dispose() => Clear();

    private void Clear()
    {
        if (Directory.Exists(Building))
        {
            Directory.Delete(Building, recursive: true);
        }
    }
}
