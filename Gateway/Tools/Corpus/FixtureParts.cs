using System.Globalization;

using Gateway.Primitives.Json;
using Gateway.Tools.Har;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Corpus;

/// <summary>A piece of a fixture that can be left out: an entry of its HAR, a message of a WebSocket, or a file of a store.</summary>
/// <param name="Entry">The entry's place in the HAR; -1 for a file.</param>
/// <param name="Message">The message's place in the entry's list; -1 for the whole entry.</param>
/// <param name="File">The file's path below the fixture's folder; empty for a piece of the HAR.</param>
internal readonly record struct FixturePart(int Entry, int Message, string File)
{
    public static FixturePart OfEntry(int entry) => new(entry, -1, "");

    public static FixturePart OfMessage(int entry, int message) => new(entry, message, "");

    public static FixturePart OfFile(string file) => new(-1, -1, file);
}

/// <summary>
/// A fixture in its pieces, from which fixtures with fewer of them can be written. The HAR stays as it is but for what is left out. Read
/// once; immutable.
/// </summary>
internal sealed class FixtureParts
{
    private const string Messages = "_webSocketMessages";

    private readonly string _folder;
    private readonly JObject _har;
    private readonly List<JObject> _entries;
    private readonly SocketRecordings _recordings;

    private FixtureParts(Fixture fixture, JObject har, List<JObject> entries)
    {
        _folder = CorpusFiles.FolderOf(fixture);
        _har = har;
        _entries = entries;
        _recordings = fixture.Recordings;
        Files = [.. CorpusFiles.Of(fixture)
            .Select(file => Path.GetRelativePath(_folder, file))
            .Where(static file => file.StartsWith("store", StringComparison.Ordinal))];
    }

    /// <summary>Files of the stores, by their path below the fixture's folder.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <exception cref="IOException">The HAR cannot be read again.</exception>
    public static FixtureParts Read(Fixture fixture) =>
        JsonTree.ReadOrNull(File.ReadAllText(fixture.HarPath)) is JObject har && har.Object("log") is { } log
            ? new FixtureParts(fixture, har, [.. log.Objects("entries")])
            : throw new IOException($"{fixture.HarPath} cannot be read again");

    /// <summary>What belongs to one session, one REST call, or one request of its own: a unit each.</summary>
    public IReadOnlyList<IReadOnlyList<FixturePart>> Exchanges(IReadOnlySet<FixturePart> leftOut) =>
    [
        .. _recordings.Sessions.Select(static session => session.Entries)
            .Concat(_recordings.UnmatchedRequests.Concat(_recordings.OtherRequests).Concat(_recordings.WhileDown)
                .Select(static entry => (IReadOnlyList<HarEntry>)[entry]))
            .Select(entries => Left(entries.Select(static entry => FixturePart.OfEntry(entry.Index)), leftOut))
            .Where(static unit => unit.Count > 0),
    ];

    /// <summary>Each event by its id, with all frames and all files that show it.</summary>
    public IReadOnlyList<IReadOnlyList<FixturePart>> Events(IReadOnlySet<FixturePart> leftOut)
    {
        var byId = new SortedDictionary<(string, int), List<FixturePart>>();
        foreach (var (entry, message, frame) in Frames(leftOut))
        {
            if (frame is { EventName: "oh_event" } && V0Event.From(frame.Argument) is { } known)
            {
                Add((ConversationOf(entry), known.Id), FixturePart.OfMessage(entry, message));
            }
        }

        foreach (var file in Files)
        {
            if (Path.GetDirectoryName(file) is { } folder
                && Path.GetFileName(folder) == "events"
                && int.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                Add((Path.GetFileName(Path.GetDirectoryName(folder)) ?? "", id), FixturePart.OfFile(file));
            }
        }

        return [.. byId.Values.Select(parts => Left(parts, leftOut)).Where(static unit => unit.Count > 0)];

        void Add((string, int) key, FixturePart part)
        {
            if (!byId.TryGetValue(key, out var parts))
            {
                byId[key] = parts = [];
            }

            parts.Add(part);
        }
    }

    /// <summary>Each message of a WebSocket.</summary>
    public IReadOnlyList<IReadOnlyList<FixturePart>> Single(IReadOnlySet<FixturePart> leftOut) =>
        [.. Frames(leftOut).Select(static frame => (IReadOnlyList<FixturePart>)[FixturePart.OfMessage(frame.Entry, frame.Message)])];

    /// <summary>Each file of the stores.</summary>
    public IReadOnlyList<IReadOnlyList<FixturePart>> StoredFiles(IReadOnlySet<FixturePart> leftOut) =>
        [.. Files.Select(file => Left([FixturePart.OfFile(file)], leftOut)).Where(static unit => unit.Count > 0)];

    /// <summary>The store after the session, and the pages of both, which say again what single files say: a unit each.</summary>
    public IReadOnlyList<IReadOnlyList<FixturePart>> Bulk(IReadOnlySet<FixturePart> leftOut) =>
    [
        .. new[]
        {
            Files.Where(static file => file.StartsWith("store-after", StringComparison.Ordinal)),
            Files.Where(static file => file.Contains("event_cache", StringComparison.Ordinal)),
        }.Select(files => Left(files.Select(FixturePart.OfFile), leftOut)).Where(static unit => unit.Count > 0),
    ];

    /// <summary>Frames that are left, of WebSockets and of polling bodies.</summary>
    public int CountFrames(IReadOnlySet<FixturePart> leftOut) => Frames(leftOut).Count()
        + _recordings.Sessions
            .SelectMany(static session => session.Frames)
            .Count(frame => frame.Entry.Messages is null && !leftOut.Contains(FixturePart.OfEntry(frame.Entry.Index)));

    /// <summary>Writes a fixture without these pieces into an empty folder.</summary>
    public void Write(string folder, IReadOnlySet<FixturePart> leftOut)
    {
        Directory.CreateDirectory(folder);
        var har = (JObject)_har.DeepClone();
        var entries = har.Object("log").Objects("entries").ToList();
        for (var i = 0; i < entries.Count; i++)
        {
            var messages = (entries[i][Messages] as JArray ?? []).ToList();
            for (var j = 0; j < messages.Count; j++)
            {
                if (leftOut.Contains(FixturePart.OfMessage(i, j)))
                {
                    messages[j].Remove();
                }
            }

            if (leftOut.Contains(FixturePart.OfEntry(i)))
            {
                entries[i].Remove();
            }
        }

        File.WriteAllText(Path.Combine(folder, HarFile.FixtureName), har.ToString(Formatting.None));
        var info = Path.Combine(_folder, "fixture.json");
        if (File.Exists(info))
        {
            File.Copy(info, Path.Combine(folder, "fixture.json"));
        }

        foreach (var file in Files.Where(file => !leftOut.Contains(FixturePart.OfFile(file))))
        {
            var copy = Path.Combine(folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy) ?? folder);
            File.Copy(Path.Combine(_folder, file), copy);
        }
    }

    private IEnumerable<(int Entry, int Message, WireFrame Frame)> Frames(IReadOnlySet<FixturePart> leftOut)
    {
        for (var i = 0; i < _entries.Count; i++)
        {
            if (leftOut.Contains(FixturePart.OfEntry(i)) || _entries[i][Messages] is not JArray messages)
            {
                continue;
            }

            for (var j = 0; j < messages.Count; j++)
            {
                if (!leftOut.Contains(FixturePart.OfMessage(i, j)))
                {
                    yield return (i, j, WireFrame.Read(messages[j].Text("data"), messages[j].Number("opcode") == 2));
                }
            }
        }
    }

    private string ConversationOf(int entry) => _recordings.Sessions
        .Where(session => session.Entries.Any(own => own.Index == entry))
        .Select(static session => session.Parameter("conversation_id"))
        .FirstOrDefault() ?? "";

    private static List<FixturePart> Left(IEnumerable<FixturePart> parts, IReadOnlySet<FixturePart> leftOut) =>
        [.. parts.Where(part => !leftOut.Contains(part))];
}
