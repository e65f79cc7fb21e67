using Gateway.Primitives;
using Gateway.Primitives.Har;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.Recorded;

/// <summary>A recording on disk: its HAR and the stores beside it. Loaded once, at start; read only.</summary>
internal sealed class RecordedFile
{
    private readonly string _folder;

    private RecordedFile(string folder, IReadOnlyList<SocketRecording> sessions)
    {
        _folder = folder;
        Sessions = sessions;
    }

    public IReadOnlyList<SocketRecording> Sessions { get; }

    /// <summary>The HAR's path; null when there is none.</summary>
    public static string? Find(string path)
    {
        var har = Directory.Exists(path) ? Path.Combine(path, "session.har") : path;
        return File.Exists(har) ? Path.GetFullPath(har) : null;
    }

    /// <exception cref="InvalidDataException">The file is no recording.</exception>
    public static RecordedFile Load(string path)
    {
        var har = Find(path) ?? throw new InvalidDataException("There is no recording at that path.");
        using var text = File.OpenText(har);
        var file = HarReader.Read(text, out var problem) ?? throw new InvalidDataException($"{Path.GetFileName(har)} {problem}.");
        return new RecordedFile(Path.GetDirectoryName(har) ?? ".", SocketRecordingReader.Read(file).Sessions);
    }

    /// <summary>A conversation's events before (<c>store</c>) or after (<c>store-after</c>) the session.</summary>
    public SortedDictionary<int, JObject> ReadStore(string name, string conversationId)
    {
        var root = Path.Combine(_folder, name);
        var own = Path.Combine(root, "sessions", conversationId);
        var users = Path.Combine(root, "users");
        var folders = Directory.Exists(users) ? Directory.EnumerateDirectories(users).Select(user => Path.Combine(user, "conversations", conversationId)) : [];
        return folders.Prepend(own).Where(Directory.Exists).Select(NumberedJsonFolder.Read).FirstOrDefault() ?? [];
    }
}
