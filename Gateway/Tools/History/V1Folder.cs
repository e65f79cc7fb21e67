using System.Globalization;
using System.Text.RegularExpressions;

using Gateway.Agents.V1.Upstream;
using Gateway.Primitives.Json;
using Gateway.Tools.History.ToV1;
using Gateway.Tools.Import;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History;

/// <summary>What a conversation's folder turned out to be.</summary>
internal enum PlacedFolder
{
    /// <summary>It was written.</summary>
    Written,

    /// <summary>The same history stands there already.</summary>
    WasThere,

    /// <summary>Something else stands in its place; nothing was written.</summary>
    Taken,
}

/// <summary>
/// The folder of conversations of a V1 agent-server: for each one named by its UUID's digits, with the events as
/// <c>events/event-00000-ID.json</c>. Beside them V1 keeps its own state (<c>base_state.json</c>, <c>meta.json</c>), which it makes itself:
/// it is never written or read here, so no key that stands in it goes anywhere. Stateless.
/// </summary>
internal static partial class V1Folder
{
    public const string Events = "events";

    private const string Meta = "meta.json";

    public static string PathOf(string root, Guid conversation) => Path.Combine(root, ConversationUuid.Hex(conversation));

    /// <summary>V1 has made the conversation in this folder its own.</summary>
    public static bool IsTaken(string root, Guid conversation) => File.Exists(Path.Combine(PathOf(root, conversation), Meta));

    /// <summary>Whole, or not at all. An agent-server that looks meanwhile sees no conversation.</summary>
    public static PlacedFolder Write(string root, V1History history)
    {
        var place = PathOf(root, history.ConversationId);
        var files = history.Events
            .Select(static (one, index) => (Name: NameOf(index, one.Text("id")), Json: one.ToString(Formatting.None)));
        if (!NewFolder.IsFree(place))
        {
            return Begins(place, files) ? PlacedFolder.WasThere : PlacedFolder.Taken;
        }

        using var folder = NewFolder.At(place);
        var events = Path.Combine(folder.Building, Events);
        Directory.CreateDirectory(events);
        foreach (var (name, json) in files)
        {
            File.WriteAllText(Path.Combine(events, name), json);
        }

        folder.Move();
        return PlacedFolder.Written;
    }

    /// <summary>Takes away what <see cref="Write"/> has written, unless V1 has made it its own meanwhile.</summary>
    public static void Remove(string root, Guid conversation)
    {
        if (!IsTaken(root, conversation) && Directory.Exists(PathOf(root, conversation)))
        {
            Directory.Delete(PathOf(root, conversation), recursive: true);
        }
    }

    /// <summary>The conversations under a root, or the one that the root itself is: these, or all of them; or what is not there.</summary>
    public static (IReadOnlyList<IV1Log> Logs, string? Problem) Open(string root, IReadOnlyList<Guid> conversations)
    {
        if (!Directory.Exists(root))
        {
            return ([], $"there is no folder {root}");
        }

        var found = Find(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)))
            .Select(static folder => new FolderLog(folder))
            .Where(log => conversations.Count == 0 || conversations.Contains(log.Id))
            .ToList();
        var missing = conversations.Except(found.Select(static log => log.Id)).ToList();
        return missing.Count > 0 ? ([], $"the folder does not have {missing[0]:N}") : (found, null);
    }

    /// <summary>The files of a conversation's events in their order; or why the folder is not whole.</summary>
    public static (IReadOnlyList<string> Paths, string? Problem) List(string folder)
    {
        var byIndex = new SortedDictionary<int, string>();
        foreach (var path in Directory.EnumerateFiles(Path.Combine(folder, Events), "event-*.json"))
        {
            if (EventName().Match(Path.GetFileName(path)) is not { Success: true } match
                || !int.TryParse(match.Groups["index"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            {
                return ([], $"{Path.GetFileName(path)} is no name that V1 gives");
            }

            if (!byIndex.TryAdd(index, path))
            {
                return ([], $"there are two events with the number {index}");
            }
        }

        var gap = Enumerable.Range(0, byIndex.Count).FirstOrDefault(index => !byIndex.ContainsKey(index), -1);
        return gap >= 0
            ? ([], $"the event with the number {gap} is missing, and there are later ones: it is copied by half")
            : ([.. byIndex.Values], null);
    }

    public static bool TryRead(string path, out JObject one) =>
        JsonTree.TryReadObject(File.ReadAllBytes(path), out one) && one.Text("kind").Length > 0;

    private static IEnumerable<string> Find(string root) => Directory.Exists(Path.Combine(root, Events))
        ? [root]
        : Directory.EnumerateDirectories(root)
            .Where(static folder => Guid.TryParseExact(Path.GetFileName(folder), "N", out _))
            .Where(static folder => Directory.Exists(Path.Combine(folder, Events)))
            .Order(StringComparer.Ordinal);

    private static string NameOf(int index, string id) => string.Create(CultureInfo.InvariantCulture, $"event-{index:00000}-{id}.json");

    private static bool Begins(string place, IEnumerable<(string Name, string Json)> files) =>
        files.All(file => Path.Combine(place, Events, file.Name) is var path && File.Exists(path) && File.ReadAllText(path) == file.Json);

    [GeneratedRegex("^event-(?<index>[0-9]{5,9})-[0-9a-fA-F-]{8,}\\.json$")]
    private static partial Regex EventName();
}
