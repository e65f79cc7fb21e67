using System.Globalization;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Har;

/// <summary>
/// The file store that a fixture keeps beside its HAR (PROTOCOL.md, "V0 file store"), read leniently: what cannot be read is left out. For
/// tools that compare and play; a server reads its store by <c>Conversations/Storage</c>. Stateless, takes no lock.
/// </summary>
internal static class RecordedStore
{
    /// <summary>A conversation's events by id, from <c>sessions/</c> or from the first user who has it; empty when nobody has.</summary>
    public static SortedDictionary<int, JObject> ReadEvents(string root, string conversationId)
    {
        var folder = Folder(root, conversationId)
            ?? Users(root).Select(user => Folder(user, conversationId, "conversations")).FirstOrDefault(static found => found is not null);
        return folder is null ? [] : ReadFolder(folder);
    }

    /// <summary>
    /// The folder of a conversation, in a store (<c>sessions</c>) or under a user (<c>conversations</c>); null when there is none.
    /// </summary>
    public static string? Folder(string root, string conversationId, string kind = "sessions")
    {
        // A recorded id may be anything (`../../etc`): only what is a plain name is looked up.
        if (conversationId.Length == 0 || conversationId.AsSpan().ContainsAny("/\\\0:") || conversationId is "." or "..")
        {
            return null;
        }

        var folder = Path.Combine(root, kind, conversationId);
        return Directory.Exists(folder) ? folder : null;
    }

    /// <summary>The folders of the users whom a store knows.</summary>
    public static IEnumerable<string> Users(string root) => Path.Combine(root, "users") is var users && Directory.Exists(users)
        ? Directory.EnumerateDirectories(users).Order(StringComparer.Ordinal)
        : [];

    /// <summary>Single files and pages; the element of a page goes before the file of the same id, as with V0.</summary>
    private static SortedDictionary<int, JObject> ReadFolder(string folder)
    {
        var found = new SortedDictionary<int, JObject>();
        foreach (var (name, path) in JsonFiles(Path.Combine(folder, "events")))
        {
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Parse(path) is JObject json)
            {
                found[id] = json;
            }
        }

        foreach (var (name, path) in JsonFiles(Path.Combine(folder, "event_cache")))
        {
            if (int.TryParse(name.Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && Parse(path) is JArray page)
            {
                AddPage(found, first, page);
            }
        }

        return found;
    }

    private static void AddPage(SortedDictionary<int, JObject> found, int first, JArray page)
    {
        for (var i = 0; i < page.Count; i++)
        {
            if (page[i] is JObject json)
            {
                found[first + i] = json;
            }
        }
    }

    private static IEnumerable<(string Name, string Path)> JsonFiles(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "*.json").Select(static path => (Path.GetFileNameWithoutExtension(path), path))
        : [];

    private static JToken? Parse(string path)
    {
        try
        {
            return JsonTree.TryRead(File.ReadAllBytes(path), out var json) ? json : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
