using Gateway.Primitives.Json;
using Gateway.Tools.Har;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.RecordedAgent;

/// <summary>A recording on disk: its HAR and the stores beside it. Loaded once, at start; read only.</summary>
internal sealed class RecordedFile
{
    private static readonly string[] s_stores = ["store", "store-after"];

    private readonly string _folder;

    private RecordedFile(string folder, SocketRecordings recordings)
    {
        _folder = folder;
        Sessions = recordings.Sessions;
        Restarts = recordings.Restarts;
        Calls = RecordedCalls.Read(recordings.OtherRequests);
    }

    public IReadOnlyList<SocketRecording> Sessions { get; }

    /// <summary>When the recorded server went down and came back.</summary>
    public IReadOnlyList<DateTimeOffset> Restarts { get; }

    public RecordedCalls Calls { get; }

    /// <summary>Every conversation that the recording shows something of: on the wire, or in the stores.</summary>
    public IEnumerable<string> ConversationIds() => Sessions
        .Select(static session => session.Parameter("conversation_id"))
        .OfType<string>()
        .Concat(Calls.Created.Select(static created => created.Id))
        .Concat(s_stores
            .Select(name => Path.Combine(_folder, name, "sessions"))
            .Where(Directory.Exists)
            .SelectMany(Directory.EnumerateDirectories)
            .Select(Path.GetFileName)
            .OfType<string>())
        .Distinct();

    /// <summary>The HAR's path; null when there is none.</summary>
    public static string? Find(string path)
    {
        var har = Directory.Exists(path) ? Path.Combine(path, HarFile.FixtureName) : path;
        return File.Exists(har) ? Path.GetFullPath(har) : null;
    }

    /// <exception cref="InvalidDataException">The file is no recording.</exception>
    public static RecordedFile Load(string path)
    {
        var har = Find(path) ?? throw new InvalidDataException("There is no recording at that path.");
        using var text = File.OpenText(har);
        var file = HarReader.Read(text, out var problem) ?? throw new InvalidDataException($"{Path.GetFileName(har)} {problem}.");
        return new RecordedFile(Path.GetDirectoryName(har) ?? ".", SocketRecordingReader.Read(file));
    }

    /// <summary>The title that a conversation had before the session; null when it had none of its own.</summary>
    public string? TitleBefore(string conversationId) =>
        RecordedStore.Folder(Path.Combine(_folder, "store"), conversationId) is { } folder
        && Path.Combine(folder, "metadata.json") is var metadata
        && File.Exists(metadata)
            ? RecordedCalls.OwnTitle(JsonTree.ReadOrNull(File.ReadAllText(metadata)).TextOrNull("title"))
            : null;

    /// <summary>A conversation's events before (<c>store</c>) or after (<c>store-after</c>) the session.</summary>
    public SortedDictionary<int, JObject> ReadStore(string name, string conversationId) =>
        RecordedStore.ReadEvents(Path.Combine(_folder, name), conversationId);
}
