using Gateway.Agents.V1;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// A recorded V1 session under <c>protocol-fixtures</c>: its log as the server kept it, and the frames as they came. Read-only.
/// </summary>
internal sealed class V1Recording
{
    private V1Recording(string name, string folder)
    {
        Name = name;
        Folder = folder;
        Log = [.. Directory
            .EnumerateFiles(folder, "event-*.json", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(ReadObject)];
        var har = ReadObject(Path.Combine(folder, "session.har"));
        Entries = [.. har.Object("log")?.Objects("entries") ?? []];
    }

    /// <summary>All that have a log, of every version.</summary>
    public static IEnumerable<string> Names =>
    [
        .. new[] { "v1", "v1-1.1", "v1-1.58" }
            .SelectMany(static generation => Directory.EnumerateDirectories(Repository.PathOf("protocol-fixtures", generation)))
            .Where(static folder => File.Exists(Path.Combine(folder, "v0-events.json")))
            .Select(static folder => $"{Path.GetFileName(Path.GetDirectoryName(folder))}/{Path.GetFileName(folder)}")
            .Order(StringComparer.Ordinal),
    ];

    public string Name { get; }

    public string Folder { get; }

    /// <summary>The persisted events, in V1's order.</summary>
    public IReadOnlyList<JObject> Log { get; }

    public IReadOnlyList<JObject> Entries { get; }

    /// <summary>A generation and a name, as <c>v1/hello</c>.</summary>
    public static V1Recording Load(string name) => new(name, Repository.PathOf("protocol-fixtures", name));

    public static JObject ReadObject(string path) =>
        JsonTree.TryReadObject(File.ReadAllText(path), out var json) ? json : throw new InvalidDataException(path);

    /// <summary>The frames that the server sent over the first socket whose address has this part.</summary>
    public IReadOnlyList<string> Frames(string addressPart) =>
    [
        .. Entries.First(entry =>
            entry["_webSocketMessages"] is not null && AddressOf(entry).Contains(addressPart, StringComparison.Ordinal))
            .Objects("_webSocketMessages")
                .Where(static message => message.Text("type") == "receive")
                .Select(static message => message.Text("data")),
    ];

    private static string AddressOf(JObject entry) => entry.Object("request")?.Text("url") ?? "";
}
