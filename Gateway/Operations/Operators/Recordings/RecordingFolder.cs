using System.IO.Compression;
using System.Text.RegularExpressions;

namespace Gateway.Operations.Operators.Recordings;

/// <summary>A recording that has ended, in its folder. Immutable.</summary>
internal sealed record StoredRecording(string Name, DateTimeOffset Ended, long Bytes);

/// <summary>Where recordings are kept, each in a folder of its own that <c>gateway verify</c> takes. Any thread.</summary>
internal sealed partial class RecordingFolder(string root, int kept)
{
    private const string Marker = "fixture.json";
    private const string Har = "session.har";

    /// <summary>Makes the folder of a new recording.</summary>
    public string Create(string name)
    {
        var folder = Path.Join(root, name);
        MakePrivate(root);
        MakePrivate(folder);
        return folder;
    }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<StoredRecording> List() =>
    [
        .. Folders()
            .Select(static folder => new StoredRecording(
                folder.Name,
                File.GetLastWriteTimeUtc(Path.Join(folder.FullName, Har)),
                folder.EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length)))
            .OrderByDescending(static recording => recording.Ended),
    ];

    /// <summary>Takes away the oldest beyond those that are kept, and nothing that is no recording.</summary>
    /// <param name="isInUse">Whether a recording of this name is being written.</param>
    public void Prune(Func<string, bool> isInUse)
    {
        foreach (var old in List().Where(recording => !isInUse(recording.Name)).Skip(kept))
        {
            Directory.Delete(Path.Join(root, old.Name), recursive: true);
        }
    }

    /// <summary>The recording as a zip, in a file that goes when it is closed; null when there is none of this name.</summary>
    public Stream? OpenZip(string name)
    {
        if (!Name().IsMatch(name) || !File.Exists(Path.Join(root, name, Marker)))
        {
            return null;
        }

        var zip = new FileStream(
            Path.Join(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 64 * 1_024,
            FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        try
        {
            ZipFile.CreateFromDirectory(Path.Join(root, name), zip, CompressionLevel.Fastest, includeBaseDirectory: false);
            zip.Position = 0;
            return zip;
        }
        catch
        {
            zip.Dispose();
            throw;
        }
    }

    // A recording holds what was said: other users of the machine have no business in it.
    private static void MakePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private IEnumerable<DirectoryInfo> Folders()
    {
        var folder = new DirectoryInfo(root);
        return !folder.Exists ? [] : folder.EnumerateDirectories()
            .Where(static one => Name().IsMatch(one.Name)
                && File.Exists(Path.Join(one.FullName, Marker))
                && File.Exists(Path.Join(one.FullName, Har)));
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,180}$")]
    private static partial Regex Name();
}
