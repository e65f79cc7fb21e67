using Gateway.Tools.Har;

namespace Gateway.Tools.Verify;

/// <summary>Finds and loads fixtures. Pure but for reading files; what is wrong with one is said in a line, not thrown.</summary>
internal static class FixtureLoader
{
    /// <summary>Every HAR under the given files and folders, in the order of their names.</summary>
    public static IReadOnlyList<FixtureLoad> LoadAll(IEnumerable<string> paths) => [.. paths.SelectMany(Load)];

    private static IEnumerable<FixtureLoad> Load(string path)
    {
        if (File.Exists(path))
        {
            return [LoadHar(path)];
        }

        if (!Directory.Exists(path))
        {
            return [new FixtureLoad(path, null, "does not exist")];
        }

        var files = Directory.EnumerateFiles(path, "*.har", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        return files.Count == 0 ? [new FixtureLoad(path, null, "holds no .har file")] : files.Select(LoadHar);
    }

    private static FixtureLoad LoadHar(string path)
    {
        try
        {
            using var text = File.OpenText(path);
            if (HarReader.Read(text, out var problem) is not { } har)
            {
                return new FixtureLoad(path, null, problem);
            }

            var recordings = SocketRecordingReader.Read(har);
            return recordings.Sessions.Count == 0 && recordings.UnmatchedRequests.Count == 0 && recordings.OtherRequests.Count == 0
                ? new FixtureLoad(path, null, "has no entry at all")
                : recordings.Sessions.Count == 0 && recordings.UnmatchedRequests.Count == 0 && !IsOurs(path)
                    ? new FixtureLoad(path, null, "has no Socket.IO entry (one of REST calls alone is read with a fixture.json beside it)")
                : recordings.UnmatchedRequests.Count == 0
                    && recordings.Sessions.Count > 0
                    && recordings.Sessions.All(static session => session.Frames.Count == 0)
                    ? new FixtureLoad(path, null,
                        "has Socket.IO entries without their messages: they must be saved as well (_webSocketMessages)")
                    : new FixtureLoad(path, Beside(path, recordings), "");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new FixtureLoad(path, null, $"cannot be read: {exception.Message}");
        }
    }

    // A fixture of REST calls alone is one, if it says so by its fixture.json: any web page's HAR is not.
    private static bool IsOurs(string harPath) => File.Exists(Path.Combine(Path.GetDirectoryName(harPath) ?? "", "fixture.json"));

    private static Fixture Beside(string harPath, SocketRecordings recordings)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(harPath)) ?? "";
        var isFolder = Path.GetFileName(harPath) == HarFile.FixtureName;
        return new Fixture
        {
            Name = isFolder ? Path.GetFileName(folder) : Path.GetFileNameWithoutExtension(harPath),
            HarPath = Path.GetFullPath(harPath),
            StorePath = Existing(folder, "store"),
            StoreAfterPath = Existing(folder, "store-after"),
            Info = FixtureInfoReader.Read(Path.Combine(folder, "fixture.json")),
            Recordings = recordings,
        };
    }

    private static string? Existing(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return Directory.Exists(path) ? path : null;
    }
}
