using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// A file store in a temporary folder, empty or a copy of another, for one test. Deleted with everything in it when disposed.
/// </summary>
internal sealed class TempStore : IDisposable
{
    private TempStore() => Root = Directory.CreateTempSubdirectory("gateway-store-").FullName;

    public string Root { get; }

    public static TempStore Empty() => new();

    public static TempStore CopyOf(string folder)
    {
        var store = new TempStore();
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(store.Root, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target) ?? store.Root);
            File.Copy(file, target);
        }

        return store;
    }

    public string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The conversations that have a folder, whatever is in it.</summary>
    public IReadOnlyList<string> Conversations() =>
        Directory.Exists(Sessions)
            ? [.. Directory.EnumerateDirectories(Sessions).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)]
            : [];

    /// <summary>
    /// What is stored of a conversation, by id: single files, and what stands in a page as well or only there. What is no JSON
    /// object is left out.
    /// </summary>
    public SortedDictionary<int, JObject> Events(string conversationId)
    {
        var events = new SortedDictionary<int, JObject>();
        foreach (var file in Files(conversationId, "event_cache"))
        {
            if (WireJson.TryParse(File.ReadAllText(file)) is JArray page)
            {
                foreach (var json in page.OfType<JObject>())
                {
                    events[json.Value<int>("id")] = json;
                }
            }
        }

        foreach (var file in Files(conversationId, "events"))
        {
            if (int.TryParse(Path.GetFileNameWithoutExtension(file), out var id)
                && WireJson.TryParse(File.ReadAllText(file)) is JObject json)
            {
                events[id] = json;
            }
        }

        return events;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private string[] Files(string conversationId, string folder) =>
        Path.Combine(Sessions, conversationId, folder) is var path && Directory.Exists(path) ? Directory.GetFiles(path, "*.json") : [];

    private string Sessions => Path.Combine(Root, "sessions");
}
