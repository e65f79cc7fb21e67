using Gateway.Tools.Har;
using Gateway.Tools.Readiness;
using Gateway.Tools.Verify;

namespace Gateway.Tools.Corpus;

/// <summary>The files of fixtures: their sizes, and copies of them that are there whole or not at all. Stateless.</summary>
internal static class CorpusFiles
{
    private static readonly string[] s_stores = ["store", "store-after"];

    /// <summary>The recordings of a corpus with their features; those that cannot be read are left to the caller.</summary>
    public static CorpusItem ItemOf(Fixture fixture, string path, bool withForms) =>
        new(path, SessionFeatures.NamesOf(fixture, withForms), Of(fixture).Sum(static file => new FileInfo(file).Length));

    /// <summary>All files of a fixture: its HAR, its <c>fixture.json</c> and its stores.</summary>
    public static IEnumerable<string> Of(Fixture fixture)
    {
        yield return fixture.HarPath;
        var folder = FolderOf(fixture);
        var info = Path.Combine(folder, "fixture.json");
        if (File.Exists(info))
        {
            yield return info;
        }

        foreach (var store in s_stores.Select(name => Path.Combine(folder, name)).Where(Directory.Exists))
        {
            foreach (var file in Directory.EnumerateFiles(store, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                yield return file;
            }
        }
    }

    public static string FolderOf(Fixture fixture) => Path.GetDirectoryName(fixture.HarPath) ?? ".";

    /// <summary>Makes a folder by way of another one beside it.</summary>
    /// <param name="folder">Must not hold anything yet.</param>
    /// <param name="write">Is given the folder to write into.</param>
    /// <exception cref="IOException">The folder holds something, or cannot be made.</exception>
    public static void Make(string folder, Action<string> write)
    {
        RefuseFilled(folder);
        var building = folder.TrimEnd('/', Path.DirectorySeparatorChar) + ".tmp";
        if (Directory.Exists(building))
        {
            Directory.Delete(building, recursive: true);
        }

        Directory.CreateDirectory(building);
        try
        {
            write(building);
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder);
            }

            Directory.Move(building, folder);
        }
        catch
        {
            Directory.Delete(building, recursive: true);
            throw;
        }
    }

    /// <exception cref="IOException">The folder holds something.</exception>
    public static void RefuseFilled(string folder)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new IOException($"{folder} is not empty");
        }
    }

    /// <summary>Copies a fixture's files, its HAR under the name that a fixture's folder gives it.</summary>
    public static void Copy(Fixture fixture, string to)
    {
        var folder = FolderOf(fixture);
        foreach (var file in Of(fixture))
        {
            var name = file == fixture.HarPath ? HarFile.FixtureName : Path.GetRelativePath(folder, file);
            var copy = Path.Combine(to, name);
            Directory.CreateDirectory(Path.GetDirectoryName(copy) ?? to);
            File.Copy(file, copy);
        }
    }
}
